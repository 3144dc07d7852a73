//! Exact decimal values of any length.

/// `digits · 10^exponent`, with no zero at either end of `digits`; zero is no digits and exponent 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    digits: String,
    exponent: i32,
}

/// Exponents beyond this are not aligned for sums: nothing in a news text is that long.
const MAX_SHIFT: i32 = 30;

impl Value {
    /// From ASCII digits before and after the decimal sign.
    pub(super) fn parse(whole: &str, fraction: &str) -> Self {
        Self::normal(format!("{whole}{fraction}"), -(fraction.len() as i32))
    }

    pub(super) fn half() -> Self {
        Self { digits: "5".to_owned(), exponent: -1 }
    }

    fn normal(digits: String, exponent: i32) -> Self {
        let trimmed = digits.trim_start_matches('0');
        let kept = trimmed.trim_end_matches('0');
        if kept.is_empty() {
            return Self { digits: String::new(), exponent: 0 };
        }
        Self { exponent: exponent + (trimmed.len() - kept.len()) as i32, digits: kept.to_owned() }
    }

    /// Times 10^power.
    pub(super) fn shifted(&self, power: i32) -> Self {
        if self.digits.is_empty() {
            return self.clone();
        }
        Self { digits: self.digits.clone(), exponent: self.exponent.saturating_add(power) }
    }

    /// The sum; `None` where it does not fit into 128 bits.
    pub(super) fn plus(&self, other: &Self) -> Option<Self> {
        let exponent = self.exponent.min(other.exponent);
        let sum = self.at(exponent)?.checked_add(other.at(exponent)?)?;
        Some(Self::normal(sum.to_string(), exponent))
    }

    /// In units of 10^exponent.
    fn at(&self, exponent: i32) -> Option<u128> {
        if self.digits.is_empty() {
            return Some(0);
        }
        let shift = self.exponent.checked_sub(exponent).filter(|shift| (0..=MAX_SHIFT).contains(shift))?;
        self.digits.parse::<u128>().ok()?.checked_mul(10u128.checked_pow(shift as u32)?)
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::normal(value.to_string(), 0)
    }
}

impl Ord for Value {
    /// By size.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        // Places before the decimal sign first, then the digits from the left.
        let places = |value: &Self| {
            if value.digits.is_empty() { i64::MIN } else { value.digits.len() as i64 + i64::from(value.exponent) }
        };
        places(self).cmp(&places(other)).then_with(|| self.digits.cmp(&other.digits))
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::Value;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn order_and_sum_are_those_of_integers(a in 0u64..1_000_000, b in 0u64..1_000_000) {
            prop_assert_eq!(Value::from(a).cmp(&Value::from(b)), a.cmp(&b));
            prop_assert_eq!(Value::from(a).plus(&Value::from(b)), Some(Value::from(a + b)));
            prop_assert_eq!(Value::parse(&a.to_string(), "").shifted(3), Value::from(a * 1000));
        }
    }

    #[test]
    fn decimals_are_exact() {
        assert_eq!(Value::parse("3", "50"), Value::parse("03", "5"));
        assert_eq!(Value::parse("3", "5").shifted(6), Value::from(3_500_000));
        assert_eq!(Value::parse("1", "000"), Value::from(1));
        assert!(Value::parse("1", "5") < Value::from(2));
    }
}
