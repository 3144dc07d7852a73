//! Sixteen `f32` lanes, the same on every instruction set.
//!
//! A kernel is written once over [`Simd`] and compiled for each instruction set. All of them give the same bits: each
//! operation on a lane is one IEEE operation, and sums over lanes fold in one fixed order.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) use avx512::Avx512;
pub(crate) use portable::Portable;

/// Lanes of a vector.
pub(crate) const LANES: usize = 16;

/// An instruction set. A value of such a type is proof that the processor has it.
pub(crate) trait Simd: Copy {
    /// Sixteen numbers.
    type Lanes: Copy;

    /// The same number in each lane.
    fn splat(self, x: f32) -> Self::Lanes;

    /// # Safety
    /// `from` points to 16 readable numbers.
    unsafe fn load(self, from: *const f32) -> Self::Lanes;

    /// # Safety
    /// `to` points to 16 writable numbers.
    unsafe fn store(self, to: *mut f32, x: Self::Lanes);

    /// Numbers of 16 bits, as IEEE has them.
    ///
    /// # Safety
    /// `from` points to 16 readable numbers.
    unsafe fn load_half(self, from: *const u16) -> Self::Lanes;

    /// Rounds to the nearest number of 16 bits. Values beyond its range must have been cut before.
    ///
    /// # Safety
    /// `to` points to 16 writable numbers.
    unsafe fn store_half(self, to: *mut u16, x: Self::Lanes);

    /// The sums of two times 16 integers.
    ///
    /// # Safety
    /// Both point to 16 readable numbers.
    unsafe fn load_integer_sums(self, a: *const i32, b: *const i32) -> Self::Lanes;

    /// Rounds to the nearest integer (ties to even), adds 128 and keeps 8 bits; values lie within -128 and 127.
    ///
    /// # Safety
    /// `to` points to 16 writable bytes.
    unsafe fn store_bytes(self, to: *mut u8, x: Self::Lanes);

    /// a + b
    fn add(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;
    /// a - b
    fn sub(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;
    /// a * b
    fn mul(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;
    /// a / b
    fn div(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;
    /// a * b + c, rounded once
    fn fma(self, a: Self::Lanes, b: Self::Lanes, c: Self::Lanes) -> Self::Lanes;
    /// The larger; `b` where one is no number.
    fn max(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;
    /// The smaller; `b` where one is no number.
    fn min(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;
    /// To the nearest integer, ties to even.
    fn round(self, x: Self::Lanes) -> Self::Lanes;
    /// x times two to the power of `n`, an integer within -126 and 127.
    fn times_power_of_two(self, x: Self::Lanes, n: Self::Lanes) -> Self::Lanes;
    /// Bit i is set where lane i of `a` is greater.
    fn greater(self, a: Self::Lanes, b: Self::Lanes) -> u16;
    /// Lane i and lane i+8 first, then 4, 2, 1.
    fn sum(self, x: Self::Lanes) -> f32;
    /// The largest lane.
    fn largest(self, x: Self::Lanes) -> f32;

    /// Up to 16 numbers; the lanes behind them hold `rest`.
    #[inline(always)]
    fn load_some(self, from: &[f32], rest: f32) -> Self::Lanes {
        if from.len() >= LANES {
            // SAFETY: the slice has 16 numbers.
            return unsafe { self.load(from.as_ptr()) };
        }
        let mut lanes = [rest; LANES];
        lanes[..from.len()].copy_from_slice(from);
        // SAFETY: the array has 16 numbers.
        unsafe { self.load(lanes.as_ptr()) }
    }

    /// The first lanes, as many as fit into `to`, at most 16.
    #[inline(always)]
    fn store_some(self, to: &mut [f32], x: Self::Lanes) {
        if to.len() >= LANES {
            // SAFETY: the slice has room for 16 numbers.
            return unsafe { self.store(to.as_mut_ptr(), x) };
        }
        let mut lanes = [0.0; LANES];
        // SAFETY: the array has room for 16 numbers.
        unsafe { self.store(lanes.as_mut_ptr(), x) };
        let count = to.len();
        to.copy_from_slice(&lanes[..count]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::isa::{Isa, Kernel};
    use proptest::prelude::*;

    /// Every operation of the trait on two vectors, as bits.
    struct All<'a>(&'a [f32], &'a [f32]);

    impl Kernel for All<'_> {
        type Output = Vec<u32>;
        #[inline(always)]
        fn run<S: Simd>(self, s: S) -> Vec<u32> {
            let (a, b) = (s.load_some(self.0, 0.0), s.load_some(self.1, 0.0));
            let power = s.round(s.max(s.min(a, s.splat(20.0)), s.splat(-20.0)));
            let mut bits = Vec::new();
            let vectors = [
                s.add(a, b),
                s.sub(a, b),
                s.mul(a, b),
                s.div(a, b),
                s.fma(a, b, a),
                s.max(a, b),
                s.min(a, b),
                s.round(a),
                s.times_power_of_two(b, power),
                s.splat(1.5),
            ];
            for vector in vectors {
                let mut lanes = [0_f32; LANES];
                s.store_some(&mut lanes, vector);
                bits.extend(lanes.map(f32::to_bits));
            }
            bits.extend([s.sum(a).to_bits(), s.largest(a).to_bits(), s.greater(a, b).into()]);
            let (mut half, mut bytes, mut back) = ([0_u16; LANES], [0_u8; LANES], [0_f32; LANES]);
            let small = s.max(s.min(a, s.splat(127.0)), s.splat(-128.0));
            let integers: Vec<i32> = self.0.iter().map(|x| *x as i32).collect();
            // SAFETY: all arrays have 16 places.
            unsafe {
                s.store_half(half.as_mut_ptr(), a);
                s.store(back.as_mut_ptr(), s.load_half(half.as_ptr()));
                s.store_bytes(bytes.as_mut_ptr(), small);
            }
            bits.extend(half.map(u32::from));
            bits.extend(back.map(f32::to_bits));
            bits.extend(bytes.map(u32::from));
            // SAFETY: 16 integers.
            unsafe { s.store(back.as_mut_ptr(), s.load_integer_sums(integers.as_ptr(), integers.as_ptr())) };
            bits.extend(back.map(f32::to_bits));
            bits
        }
    }

    proptest! {
        #[test]
        fn all_instruction_sets_give_the_same_bits(
            a in proptest::collection::vec(prop_oneof![-200_f32..200.0, -1e-6_f32..1e-6, -60000_f32..60000.0], LANES),
            b in proptest::collection::vec(-3_f32..3.0, LANES),
        ) {
            let plain = Isa::Generic.run(All(&a, &b));
            for isa in Isa::available() {
                prop_assert_eq!(&isa.run(All(&a, &b)), &plain, "{}", isa);
            }
        }
    }
}
