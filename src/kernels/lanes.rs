//! Functions of sixteen numbers at once: the exponential, the error function, activations.

use super::simd::Simd;

/// What stands between the two linear layers of a feed-forward block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// max(x, 0)
    Relu,
    /// x / (1 + e^-x)
    Silu,
    /// x times the normal distribution's integral, by the error function.
    Gelu,
    /// The same by the hyperbolic tangent.
    GeluTanh,
}

/// e^x with a relative error below 2e-7 where the result is a normal number; no number stays no number.
#[inline(always)]
pub(crate) fn exp<S: Simd>(s: S, x: S::Lanes) -> S::Lanes {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    // ln 2 in two parts: products of the first with small integers are exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // (e^r - 1 - r) / r^2 on |r| <= ln 2 / 2, least squares at Chebyshev's points.
    const TERMS: [f32; 5] = [0.5, 0.166_665_15, 0.041_666_26, 0.008_369_223, 0.001_394_656_1];
    let x = s.min(s.splat(88.0), s.max(s.splat(-87.0), x));
    let n = s.round(s.mul(x, s.splat(LOG2_E)));
    let r = s.fma(n, s.splat(-LN2_LOW), s.fma(n, s.splat(-LN2_HIGH), x));
    let mut sum = s.splat(TERMS[4]);
    for term in [TERMS[3], TERMS[2], TERMS[1], TERMS[0], 1.0, 1.0] {
        sum = s.fma(sum, r, s.splat(term));
    }
    s.times_power_of_two(sum, n)
}

/// The error function, within 5e-7.
#[inline(always)]
fn erf<S: Simd>(s: S, x: S::Lanes) -> S::Lanes {
    // x P(x^2) / Q(x^2), least squares with weights raised where the error was largest, on |x| <= 3.92.
    const EDGE: f32 = 3.92;
    const P: [f32; 7] = [
        std::f32::consts::FRAC_2_SQRT_PI,
        0.184_700_46,
        0.054_278_515,
        0.003_832_383_8,
        3.803_823e-4,
        4.718_118e-6,
        -1.333_757_3e-8,
    ];
    const Q: [f32; 6] = [1.0, 0.497_020_07, 0.113_775_52, 0.015_430_995, 0.001_305_044_9, 6.342_199e-5];
    let x = s.min(s.splat(EDGE), s.max(s.splat(-EDGE), x));
    let square = s.mul(x, x);
    let mut above = s.splat(P[6]);
    for term in [P[5], P[4], P[3], P[2], P[1], P[0]] {
        above = s.fma(above, square, s.splat(term));
    }
    let mut below = s.splat(Q[5]);
    for term in [Q[4], Q[3], Q[2], Q[1], Q[0]] {
        below = s.fma(below, square, s.splat(term));
    }
    s.div(s.mul(x, above), below)
}

/// `activation` of each number.
#[inline(always)]
pub(crate) fn activate<S: Simd>(s: S, activation: Activation, x: S::Lanes) -> S::Lanes {
    match activation {
        // In this order no number stays no number.
        Activation::Relu => s.max(s.splat(0.0), x),
        Activation::Silu => s.div(x, s.add(s.splat(1.0), exp(s, s.sub(s.splat(0.0), x)))),
        Activation::Gelu => {
            let integral = s.add(s.splat(1.0), erf(s, s.mul(x, s.splat(std::f32::consts::FRAC_1_SQRT_2))));
            s.mul(s.mul(x, s.splat(0.5)), integral)
        }
        Activation::GeluTanh => {
            // (1 + tanh u) / 2 = 1 / (1 + e^-2u) with u = sqrt(2 / pi) (x + 0.044715 x^3)
            const FACTOR: f32 = 2.0 * std::f32::consts::FRAC_2_SQRT_PI * std::f32::consts::FRAC_1_SQRT_2;
            let inner = s.fma(s.mul(s.mul(x, x), x), s.splat(0.044_715), x);
            s.div(x, s.add(s.splat(1.0), exp(s, s.mul(inner, s.splat(-FACTOR)))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::isa::{Isa, Kernel};
    use crate::kernels::simd::LANES;
    use proptest::prelude::*;

    #[derive(Clone, Copy)]
    struct Apply<'a>(Option<Activation>, &'a [f32]);

    impl Kernel for Apply<'_> {
        type Output = Vec<f32>;
        #[inline(always)]
        fn run<S: Simd>(self, s: S) -> Vec<f32> {
            let x = s.load_some(self.1, 0.0);
            let mut out = [0.0; LANES];
            let y = match self.0 {
                Some(activation) => activate(s, activation, x),
                None => exp(s, x),
            };
            s.store_some(&mut out, y);
            out.to_vec()
        }
    }

    /// The normal distribution's integral by Simpson's rule, in f64.
    fn normal_integral(x: f64) -> f64 {
        let steps = 2000;
        let width = x / f64::from(steps);
        let density = |t: f64| (-0.5 * t * t).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let sum: f64 = (0..=steps)
            .map(|i| {
                let weight = if i == 0 || i == steps {
                    1.0
                } else if i % 2 == 1 {
                    4.0
                } else {
                    2.0
                };
                weight * density(f64::from(i) * width)
            })
            .sum();
        0.5 + sum * width / 3.0
    }

    proptest! {
        #[test]
        fn as_the_formulas(x in proptest::collection::vec(-20_f32..20.0, LANES)) {
            for isa in Isa::available() {
                for (x, y) in x.iter().zip(isa.run(Apply(None, &x))) {
                    let wanted = f64::from(*x).exp();
                    prop_assert!((f64::from(y) / wanted - 1.0).abs() < 2e-7, "exp {x}: {y} {wanted}");
                }
                for (x, y) in x.iter().zip(isa.run(Apply(Some(Activation::Relu), &x))) {
                    prop_assert_eq!(y, x.max(0.0));
                }
                for (x, y) in x.iter().zip(isa.run(Apply(Some(Activation::Silu), &x))) {
                    let wanted = f64::from(*x) / (1.0 + (-f64::from(*x)).exp());
                    prop_assert!((f64::from(y) - wanted).abs() < 4e-7 * wanted.abs().max(1.0), "silu {x}: {y} {wanted}");
                }
                for (x, y) in x.iter().zip(isa.run(Apply(Some(Activation::GeluTanh), &x))) {
                    let x = f64::from(*x);
                    let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
                    let wanted = 0.5 * x * (1.0 + inner.tanh());
                    prop_assert!((f64::from(y) - wanted).abs() < 1e-6 * wanted.abs().max(1.0), "gelu_new {x}: {y} {wanted}");
                }
                for (x, y) in x.iter().zip(isa.run(Apply(Some(Activation::Gelu), &x))) {
                    let wanted = f64::from(*x) * normal_integral(f64::from(*x));
                    prop_assert!((f64::from(y) - wanted).abs() < 1e-6 * wanted.abs().max(1.0), "gelu {x}: {y} {wanted}");
                }
            }
        }
    }

    #[test]
    fn no_number_stays_no_number() {
        for isa in Isa::available() {
            for activation in [
                None,
                Some(Activation::Relu),
                Some(Activation::Silu),
                Some(Activation::Gelu),
                Some(Activation::GeluTanh),
            ] {
                assert!(isa.run(Apply(activation, &[f32::NAN; LANES])).iter().all(|y| y.is_nan()), "{activation:?}");
            }
        }
    }
}
