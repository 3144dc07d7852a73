//! The assignment problem: the Hungarian method with potentials, O(rows² · columns).

/// For each row the column assigned to it, so that the sum of `weights` (rows × columns, none negative) is the largest
/// possible. `None` where there are more rows than columns. Ties are decided the same way on every run.
pub(super) fn maximise(weights: &[Vec<f64>]) -> Vec<Option<usize>> {
    let rows = weights.len();
    let columns = weights.first().map_or(0, Vec::len);
    // Columns of weight 0 take the rows that have no place.
    let width = columns.max(rows);
    let cost = |row: usize, column: usize| weights[row].get(column).map_or(0.0, |weight| -weight);
    // Index 0 of these is a helper row or column; real ones count from 1.
    let mut row_potential = vec![0.0; rows + 1];
    let mut column_potential = vec![0.0; width + 1];
    let mut row_of = vec![0; width + 1];
    for row in 1..=rows {
        row_of[0] = row;
        let mut column = 0;
        let mut shortest = vec![f64::INFINITY; width + 1];
        let mut previous = vec![0; width + 1];
        let mut used = vec![false; width + 1];
        while row_of[column] != 0 {
            used[column] = true;
            let current = row_of[column];
            let mut delta = f64::INFINITY;
            let mut next = 0;
            for candidate in 1..=width {
                if used[candidate] {
                    continue;
                }
                let reduced = cost(current - 1, candidate - 1) - row_potential[current] - column_potential[candidate];
                if reduced < shortest[candidate] {
                    shortest[candidate] = reduced;
                    previous[candidate] = column;
                }
                if shortest[candidate] < delta {
                    delta = shortest[candidate];
                    next = candidate;
                }
            }
            for candidate in 0..=width {
                if used[candidate] {
                    row_potential[row_of[candidate]] += delta;
                    column_potential[candidate] -= delta;
                } else {
                    shortest[candidate] -= delta;
                }
            }
            column = next;
        }
        while column != 0 {
            row_of[column] = row_of[previous[column]];
            column = previous[column];
        }
    }
    let mut assigned = vec![None; rows];
    for (column, row) in row_of.iter().enumerate().skip(1).filter(|(_, row)| **row != 0) {
        assigned[row - 1] = (column <= columns).then(|| column - 1);
    }
    assigned
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Tries all assignments.
    fn best_sum(weights: &[Vec<f64>], taken: &mut Vec<bool>, row: usize) -> f64 {
        if row == weights.len() {
            return 0.0;
        }
        let mut best = best_sum(weights, taken, row + 1);
        for column in 0..taken.len() {
            if !taken[column] {
                taken[column] = true;
                best = best.max(weights[row][column] + best_sum(weights, taken, row + 1));
                taken[column] = false;
            }
        }
        best
    }

    proptest! {
        #[test]
        fn the_sum_is_the_largest((columns, cells) in (1usize..5).prop_flat_map(|columns| {
            (Just(columns), proptest::collection::vec(proptest::collection::vec(0.0f64..1.0, columns), 0..5))
        })) {
            let assigned = maximise(&cells);
            let mut seen = vec![false; columns];
            let mut sum = 0.0;
            for (row, column) in assigned.iter().enumerate() {
                if let Some(column) = column {
                    prop_assert!(!seen[*column]);
                    seen[*column] = true;
                    sum += cells[row][*column];
                }
            }
            prop_assert!((sum - best_sum(&cells, &mut vec![false; columns], 0)).abs() < 1e-9);
        }
    }
}
