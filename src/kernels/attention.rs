//! Attention over keys and values that lie as they are read: no padding, no copies for beams.
//!
//! Two memories: [`SourceMemory`] holds one source's keys and values, made once, read by many rows; [`OwnMemory`] holds
//! what was decoded, written once a step and found again by an index when beams change places.

use super::aligned::{Aligned, Number};
use super::isa::{Isa, Kernel};
use super::row_ops::softmax;
use super::simd::{LANES, Simd};

/// A number as it is kept in a memory.
pub(crate) trait Element: Number + Default + Send + Sync {
    /// # Safety
    /// `from` points to 16 readable numbers.
    unsafe fn load<S: Simd>(s: S, from: *const Self) -> S::Lanes;
    /// # Safety
    /// `to` points to 16 writable numbers.
    unsafe fn store<S: Simd>(s: S, to: *mut Self, x: S::Lanes);
}

impl Element for f32 {
    #[inline(always)]
    unsafe fn load<S: Simd>(s: S, from: *const f32) -> S::Lanes {
        // SAFETY: the caller's promise.
        unsafe { s.load(from) }
    }
    #[inline(always)]
    unsafe fn store<S: Simd>(s: S, to: *mut f32, x: S::Lanes) {
        // SAFETY: the caller's promise.
        unsafe { s.store(to, x) }
    }
}

/// IEEE binary16 in its bits: beside 8-bit weights its 11 digits lose nothing, and half the bytes are read.
impl Element for u16 {
    #[inline(always)]
    unsafe fn load<S: Simd>(s: S, from: *const u16) -> S::Lanes {
        // SAFETY: the caller's promise.
        unsafe { s.load_half(from) }
    }
    #[inline(always)]
    unsafe fn store<S: Simd>(s: S, to: *mut u16, x: S::Lanes) {
        const LARGEST: f32 = 65504.0;
        let x = s.max(s.splat(-LARGEST), s.min(s.splat(LARGEST), x));
        // SAFETY: the caller's promise.
        unsafe { s.store_half(to, x) }
    }
}

/// Heads of an attention: their number, their width as it is stored (a multiple of 16), and the factor of the scores.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heads {
    pub count: usize,
    pub width: usize,
    pub scale: f32,
}

impl Heads {
    /// Numbers of a row.
    pub(crate) fn row(self) -> usize {
        self.count * self.width
    }
}

/// Rows that lie `stride` numbers apart.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub data: &'a [f32],
    pub stride: usize,
}

/// Keys and values of one source.
#[derive(Debug)]
pub(crate) struct SourceMemory<E> {
    heads: Heads,
    length: usize,
    keys: Aligned<E>,   // (heads, blocks of 16 keys, width, 16)
    values: Aligned<E>, // (heads, keys, width)
}

impl<E: Element> SourceMemory<E> {
    /// Takes `length` keys and values, row by row.
    pub(crate) fn new(isa: Isa, heads: Heads, keys: Rows<'_>, values: Rows<'_>, length: usize) -> Self {
        let blocks = length.div_ceil(LANES);
        let mut memory = Self {
            heads,
            length,
            keys: Aligned::zeros(heads.row() * blocks * LANES),
            values: Aligned::zeros(heads.row() * length),
        };
        isa.run(Fill { memory: &mut memory, keys, values });
        memory
    }

    /// What each of `count` rows of queries reads, into rows of `output` that lie as wide as the heads are.
    pub(crate) fn attend(&self, isa: Isa, queries: Rows<'_>, count: usize, output: &mut [f32], scores: &mut Vec<f32>) {
        assert!(count == 0 || queries.data.len() >= (count - 1) * queries.stride + self.heads.row());
        assert!(output.len() >= count * self.heads.row());
        scores.resize(TILE * self.length.next_multiple_of(2 * LANES), 0.0);
        isa.run(Attend { memory: self, queries, count, output, scores });
    }
}

struct Fill<'a, E> {
    memory: &'a mut SourceMemory<E>,
    keys: Rows<'a>,
    values: Rows<'a>,
}

impl<E: Element> Kernel for Fill<'_, E> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let SourceMemory { heads, length, keys, values } = self.memory;
        let (width, length) = (heads.width, *length);
        let blocks = length.div_ceil(LANES);
        let mut sixteen = [0.0; LANES];
        for head in 0..heads.count {
            for block in 0..blocks {
                let inside = (length - block * LANES).min(LANES);
                for place in 0..width {
                    for (key, x) in sixteen[..inside].iter_mut().enumerate() {
                        *x = self.keys.data[(block * LANES + key) * self.keys.stride + head * width + place];
                    }
                    let to = &mut keys[((head * blocks + block) * width + place) * LANES..][..LANES];
                    // SAFETY: 16 numbers each.
                    unsafe { E::store(s, to.as_mut_ptr(), s.load(sixteen.as_ptr())) };
                }
                sixteen.fill(0.0);
            }
            for key in 0..length {
                let from = &self.values.data[key * self.values.stride + head * width..][..width];
                let to = &mut values[(head * length + key) * width..][..width];
                store_row(s, to, from);
            }
        }
    }
}

/// Both have a multiple of 16 numbers.
#[inline(always)]
fn store_row<S: Simd, E: Element>(s: S, to: &mut [E], from: &[f32]) {
    for (to, from) in to.chunks_exact_mut(LANES).zip(from.chunks_exact(LANES)) {
        // SAFETY: 16 numbers each.
        unsafe { E::store(s, to.as_mut_ptr(), s.load(from.as_ptr())) };
    }
}

/// Queries that are worked on together.
const TILE: usize = 4;

struct Attend<'a, E> {
    memory: &'a SourceMemory<E>,
    queries: Rows<'a>,
    count: usize,
    output: &'a mut [f32],
    scores: &'a mut [f32],
}

impl<E: Element> Kernel for Attend<'_, E> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        for head in 0..self.memory.heads.count {
            let mut first = 0;
            while first < self.count {
                let rows = (self.count - first).min(TILE);
                match rows {
                    1 => self.tile::<S, 1>(s, head, first),
                    2 => self.tile::<S, 2>(s, head, first),
                    3 => self.tile::<S, 3>(s, head, first),
                    _ => self.tile::<S, 4>(s, head, first),
                }
                first += rows;
            }
        }
    }
}

impl<E: Element> Attend<'_, E> {
    /// One head of `ROWS` queries. Lengths were checked where memory and queries came in.
    #[inline(always)]
    fn tile<S: Simd, const ROWS: usize>(&mut self, s: S, head: usize, first: usize) {
        let Heads { width, scale, .. } = self.memory.heads;
        let length = self.memory.length;
        let blocks = length.div_ceil(LANES);
        let space = length.next_multiple_of(2 * LANES);
        let keys = &self.memory.keys[head * blocks * width * LANES..][..blocks * width * LANES];
        let queries: [&[f32]; ROWS] = std::array::from_fn(|row| {
            &self.queries.data[(first + row) * self.queries.stride + head * width..][..width]
        });
        let mut block = 0;
        while block < blocks {
            if block + 1 < blocks {
                products::<S, E, ROWS, 2>(s, &keys[block * width * LANES..], &queries, self.scores, space, block);
            } else {
                products::<S, E, ROWS, 1>(s, &keys[block * width * LANES..], &queries, self.scores, space, block);
            }
            block += 2;
        }
        for row in 0..ROWS {
            softmax(s, &mut self.scores[row * space..][..space], length, scale);
        }
        let values = &self.memory.values[head * length * width..][..length * width];
        let stride = self.memory.heads.row();
        let output = &mut self.output[first * stride + head * width..];
        let mut column = 0;
        while column < width {
            if width - column >= 4 * LANES {
                mix::<S, E, ROWS, 4>(s, values, width, column, (self.scores, space), output, stride);
                column += 4 * LANES;
            } else {
                mix::<S, E, ROWS, 1>(s, values, width, column, (self.scores, space), output, stride);
                column += LANES;
            }
        }
    }
}

/// Products of `ROWS` queries with `BLOCKS` blocks of keys, summed in the order of the places.
#[inline(always)]
fn products<S: Simd, E: Element, const ROWS: usize, const BLOCKS: usize>(
    s: S,
    keys: &[E],
    queries: &[&[f32]; ROWS],
    scores: &mut [f32],
    space: usize,
    block: usize,
) {
    let width = queries[0].len();
    assert!(keys.len() >= BLOCKS * width * LANES);
    let mut sums = [[s.splat(0.0); BLOCKS]; ROWS];
    for place in 0..width {
        let mut lanes = [s.splat(0.0); BLOCKS];
        for (index, lanes) in lanes.iter_mut().enumerate() {
            // SAFETY: within the keys, whose length was checked.
            *lanes = unsafe { E::load(s, keys.as_ptr().add((index * width + place) * LANES)) };
        }
        for (query, sums) in queries.iter().zip(&mut sums) {
            // SAFETY: each query is `width` long.
            let x = s.splat(unsafe { *query.get_unchecked(place) });
            for (lanes, sum) in lanes.iter().zip(sums) {
                *sum = s.fma(x, *lanes, *sum);
            }
        }
    }
    for row in 0..ROWS {
        for index in 0..BLOCKS {
            s.store_some(&mut scores[row * space + (block + index) * LANES..][..LANES], sums[row][index]);
        }
    }
}

/// Values by their weights, `VECTORS` times 16 columns from `column`, summed in the order of the keys.
#[inline(always)]
fn mix<S: Simd, E: Element, const ROWS: usize, const VECTORS: usize>(
    s: S,
    values: &[E],
    width: usize,
    column: usize,
    (weights, space): (&[f32], usize),
    output: &mut [f32],
    stride: usize,
) {
    let length = values.len() / width;
    assert!(column + VECTORS * LANES <= width && weights.len() >= (ROWS - 1) * space + length);
    let mut sums = [[s.splat(0.0); VECTORS]; ROWS];
    for key in 0..length {
        let mut lanes = [s.splat(0.0); VECTORS];
        for (index, lanes) in lanes.iter_mut().enumerate() {
            // SAFETY: within the values: the columns were checked.
            *lanes = unsafe { E::load(s, values.as_ptr().add(key * width + column + index * LANES)) };
        }
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: within the weights, whose length was checked.
            let x = s.splat(unsafe { *weights.get_unchecked(row * space + key) });
            for (lanes, sum) in lanes.iter().zip(sums) {
                *sum = s.fma(x, *lanes, *sum);
            }
        }
    }
    for row in 0..ROWS {
        for index in 0..VECTORS {
            s.store_some(&mut output[row * stride + column + index * LANES..][..LANES], sums[row][index]);
        }
    }
}

/// Keys and values of what was decoded, for all rows and layers of a batch. Each step writes a sheet; a row finds its
/// own past by an index, so that beams change places without a copy.
#[derive(Debug)]
pub(crate) struct OwnMemory<E> {
    heads: Heads,
    layers: usize,
    sheets: Vec<Sheet<E>>,
}

/// One step of all rows.
#[derive(Debug)]
struct Sheet<E> {
    numbers: Aligned<E>, // (rows of that step, layers, keys and values, heads, width)
    /// For each row of now its row of then.
    index: Vec<u32>,
    /// Rows of then.
    rows: usize,
}

impl<E: Element> OwnMemory<E> {
    pub(crate) fn new(heads: Heads, layers: usize) -> Self {
        Self { heads, layers, sheets: Vec::new() }
    }

    /// Begins a step of `rows` rows.
    pub(crate) fn begin(&mut self, rows: usize) {
        let numbers = Aligned::zeros(rows * self.layers * 2 * self.heads.row());
        self.sheets.push(Sheet { numbers, index: (0..rows as u32).collect(), rows });
    }

    /// The rows of now that go on, in their new order. Sheets of which less than half is still read are copied
    /// together, so that memory follows what is alive.
    pub(crate) fn select(&mut self, rows: &[u32]) {
        let size = self.layers * 2 * self.heads.row();
        for sheet in &mut self.sheets {
            sheet.index = rows.iter().map(|&row| sheet.index[row as usize]).collect();
            let mut alive: Vec<u32> = sheet.index.clone();
            alive.sort_unstable();
            alive.dedup();
            if 2 * alive.len() < sheet.rows {
                let mut numbers = Aligned::zeros(alive.len() * size);
                for (to, from) in numbers.chunks_exact_mut(size).zip(&alive) {
                    to.copy_from_slice(&sheet.numbers[*from as usize * size..][..size]);
                }
                for row in &mut sheet.index {
                    *row = alive.partition_point(|old| old < row) as u32;
                }
                sheet.rows = alive.len();
                sheet.numbers = numbers;
            }
        }
    }

    /// Keeps the keys and values of `layer` for the step that has begun, then reads as each row's query asks.
    /// `all` holds queries, keys and values side by side in each row.
    pub(crate) fn attend(&mut self, isa: Isa, layer: usize, all: &[f32], output: &mut [f32], scores: &mut Vec<f32>) {
        scores.resize(self.sheets.len().next_multiple_of(LANES), 0.0);
        isa.run(AttendOwn { memory: self, layer, all, output, scores });
    }
}

struct AttendOwn<'a, E> {
    memory: &'a mut OwnMemory<E>,
    layer: usize,
    all: &'a [f32],
    output: &'a mut [f32],
    scores: &'a mut [f32],
}

impl<E: Element> Kernel for AttendOwn<'_, E> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let OwnMemory { heads, layers, sheets } = self.memory;
        let (width, row_width) = (heads.width, heads.row());
        let place = |row: usize| (row * *layers + self.layer) * 2 * row_width;
        if let Some(sheet) = sheets.last_mut() {
            for (row, all) in self.all.chunks_exact(3 * row_width).enumerate() {
                store_row(s, &mut sheet.numbers[place(row)..][..2 * row_width], &all[row_width..]);
            }
        }
        let mut past: Vec<&[E]> = Vec::with_capacity(sheets.len());
        let rows = self.all.chunks_exact(3 * row_width).zip(self.output.chunks_exact_mut(row_width));
        for (row, (all, output)) in rows.enumerate() {
            past.clear();
            past.extend(sheets.iter().map(|sheet| &sheet.numbers[place(sheet.index[row] as usize)..][..2 * row_width]));
            for head in 0..heads.count {
                let query = &all[head * width..][..width];
                for (score, past) in self.scores.iter_mut().zip(&past) {
                    *score = dot(s, query, &past[head * width..][..width]);
                }
                softmax(s, self.scores, past.len(), heads.scale);
                let mut column = 0;
                while column < width {
                    let start = row_width + head * width + column;
                    let to = &mut output[head * width + column..];
                    if width - column >= 4 * LANES {
                        mix_past::<S, E, 4>(s, &past, start, self.scores, to);
                        column += 4 * LANES;
                    } else {
                        mix_past::<S, E, 1>(s, &past, start, self.scores, to);
                        column += LANES;
                    }
                }
            }
        }
    }
}

/// Both have the same multiple of 16 numbers.
#[inline(always)]
fn dot<S: Simd, E: Element>(s: S, a: &[f32], b: &[E]) -> f32 {
    let mut sum = s.splat(0.0);
    for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        // SAFETY: 16 numbers each.
        sum = s.fma(s.load_some(a, 0.0), unsafe { E::load(s, b.as_ptr()) }, sum);
    }
    s.sum(sum)
}

#[inline(always)]
fn mix_past<S: Simd, E: Element, const VECTORS: usize>(
    s: S,
    past: &[&[E]],
    start: usize,
    weights: &[f32],
    to: &mut [f32],
) {
    let mut sums = [s.splat(0.0); VECTORS];
    for (past, weight) in past.iter().zip(weights) {
        let values = &past[start..start + VECTORS * LANES];
        let weight = s.splat(*weight);
        for (index, sum) in sums.iter_mut().enumerate() {
            // SAFETY: 16 numbers from each index.
            *sum = s.fma(weight, unsafe { E::load(s, values.as_ptr().add(index * LANES)) }, *sum);
        }
    }
    for (to, sum) in to.chunks_exact_mut(LANES).zip(sums) {
        s.store_some(to, sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::linear::tests::numbers;
    use proptest::prelude::*;

    /// One head of one query, in f64.
    fn plain(query: &[f32], keys: &[&[f32]], values: &[&[f32]], scale: f32) -> Vec<f64> {
        let dot = |key: &[f32]| query.iter().zip(key).map(|(q, k)| f64::from(*q) * f64::from(*k)).sum::<f64>();
        let powers: Vec<f64> = keys.iter().map(|key| (dot(key) * f64::from(scale)).exp()).collect();
        let total: f64 = powers.iter().sum();
        let mix = |place: usize| powers.iter().zip(values).map(|(p, v)| p / total * f64::from(v[place])).sum::<f64>();
        (0..query.len()).map(mix).collect()
    }

    fn source<E: Element>(heads: Heads, length: usize, count: usize, seed: u32, tolerance: f64) {
        let row = heads.row();
        let (queries, both) = (numbers(count * row, seed), numbers(length * 2 * row, seed ^ 1));
        let mut first = Vec::new();
        for isa in Isa::available() {
            let keys = Rows { data: &both, stride: 2 * row };
            let values = Rows { data: &both[row..], stride: 2 * row };
            let memory = SourceMemory::<E>::new(isa, heads, keys, values, length);
            let mut output = vec![0.0; count * row];
            memory.attend(isa, Rows { data: &queries, stride: row }, count, &mut output, &mut Vec::new());
            let last = &queries[(count - 1) * row..];
            let mut alone = vec![0.0; row];
            memory.attend(isa, Rows { data: last, stride: row }, 1, &mut alone, &mut Vec::new());
            assert_eq!(alone, output[(count - 1) * row..], "a query alone, {isa}");
            for (query, output) in queries.chunks(row).zip(output.chunks(row)) {
                for head in 0..heads.count {
                    let part = head * heads.width..(head + 1) * heads.width;
                    let keys: Vec<&[f32]> = both.chunks(2 * row).map(|both| &both[part.clone()]).collect();
                    let values: Vec<&[f32]> = both.chunks(2 * row).map(|both| &both[row..][part.clone()]).collect();
                    let wanted = plain(&query[part.clone()], &keys, &values, heads.scale);
                    for (found, wanted) in output[part].iter().zip(wanted) {
                        assert!((f64::from(*found) - wanted).abs() < tolerance, "{isa}: {found} {wanted}");
                    }
                }
            }
            if first.is_empty() {
                first = output.clone();
            }
            assert_eq!(output, first, "{isa}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn source_as_the_formula(
            count in 1_usize..3, vectors in 1_usize..6, length in 1_usize..70, queries in 1_usize..10, seed in any::<u32>(),
        ) {
            let heads = Heads { count, width: vectors * LANES, scale: 0.3 };
            source::<f32>(heads, length, queries, seed, 2e-6);
            source::<u16>(heads, length, queries, seed, 4e-3);
        }

        /// Rows that change places, leave and double, against memories that are copied.
        #[test]
        fn the_index_is_as_good_as_a_copy(
            vectors in 1_usize..6,
            choices in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..7), 1..9),
            seed in any::<u32>(),
        ) {
            let heads = Heads { count: 2, width: vectors * LANES, scale: 0.2 };
            let (row, layers) = (heads.row(), 2);
            for isa in Isa::available() {
                let mut memory = OwnMemory::<f32>::new(heads, layers);
                let mut rows = 3;
                // For each row and layer all that was written, keys and values.
                let mut copies: Vec<Vec<Vec<f32>>> = vec![vec![Vec::new(); layers]; rows];
                for (step, choice) in choices.iter().enumerate() {
                    memory.begin(rows);
                    for layer in 0..layers {
                        let all = numbers(rows * 3 * row, seed ^ (step * layers + layer) as u32);
                        let mut output = vec![0.0; rows * row];
                        memory.attend(isa, layer, &all, &mut output, &mut Vec::new());
                        for ((all, output), copy) in all.chunks(3 * row).zip(output.chunks(row)).zip(&mut copies) {
                            copy[layer].extend(&all[row..]);
                            for head in 0..heads.count {
                                let part = head * heads.width..(head + 1) * heads.width;
                                let keys: Vec<&[f32]> = copy[layer].chunks(2 * row).map(|b| &b[part.clone()]).collect();
                                let values: Vec<&[f32]> =
                                    copy[layer].chunks(2 * row).map(|b| &b[row..][part.clone()]).collect();
                                let wanted = plain(&all[part.clone()], &keys, &values, heads.scale);
                                for (found, wanted) in output[part].iter().zip(wanted) {
                                    prop_assert!((f64::from(*found) - wanted).abs() < 2e-6, "{}: {} {}", isa, found, wanted);
                                }
                            }
                        }
                    }
                    let chosen: Vec<u32> = choice.iter().map(|c| u32::from(*c) % rows as u32).collect();
                    memory.select(&chosen);
                    copies = chosen.iter().map(|&row| copies[row as usize].clone()).collect();
                    rows = chosen.len();
                }
            }
        }
    }
}
