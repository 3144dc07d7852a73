//! The lanes in plain Rust: the reference of the others, and what runs elsewhere.

use super::{LANES, Simd};

/// No instruction set in particular.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Portable;

#[inline(always)]
fn each(f: impl Fn(usize) -> f32) -> [f32; LANES] {
    std::array::from_fn(f)
}

impl Simd for Portable {
    type Lanes = [f32; LANES];

    #[inline(always)]
    fn splat(self, x: f32) -> Self::Lanes {
        [x; LANES]
    }
    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> Self::Lanes {
        // SAFETY: the caller's promise; no alignment is asked for.
        unsafe { from.cast::<[f32; LANES]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32, x: Self::Lanes) {
        // SAFETY: the caller's promise; no alignment is asked for.
        unsafe { to.cast::<[f32; LANES]>().write_unaligned(x) }
    }
    #[inline(always)]
    unsafe fn load_half(self, from: *const u16) -> Self::Lanes {
        // SAFETY: the caller's promise.
        each(|lane| half_to_float(unsafe { *from.add(lane) }))
    }
    #[inline(always)]
    unsafe fn store_half(self, to: *mut u16, x: Self::Lanes) {
        for (lane, x) in x.into_iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe { *to.add(lane) = float_to_half(x) };
        }
    }
    #[inline(always)]
    unsafe fn load_integer_sums(self, a: *const i32, b: *const i32) -> Self::Lanes {
        // SAFETY: the caller's promise.
        each(|lane| unsafe { (*a.add(lane)).wrapping_add(*b.add(lane)) } as f32)
    }
    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8, x: Self::Lanes) {
        for (lane, x) in x.into_iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe { *to.add(lane) = (x.round_ties_even() as i32 + 128) as u8 };
        }
    }
    #[inline(always)]
    fn add(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        each(|i| a[i] + b[i])
    }
    #[inline(always)]
    fn sub(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        each(|i| a[i] - b[i])
    }
    #[inline(always)]
    fn mul(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        each(|i| a[i] * b[i])
    }
    #[inline(always)]
    fn div(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        each(|i| a[i] / b[i])
    }
    #[inline(always)]
    fn fma(self, a: Self::Lanes, b: Self::Lanes, c: Self::Lanes) -> Self::Lanes {
        each(|i| a[i].mul_add(b[i], c[i]))
    }
    #[inline(always)]
    fn max(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        each(|i| if a[i] > b[i] { a[i] } else { b[i] })
    }
    #[inline(always)]
    fn min(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        each(|i| if a[i] < b[i] { a[i] } else { b[i] })
    }
    #[inline(always)]
    fn round(self, x: Self::Lanes) -> Self::Lanes {
        each(|i| x[i].round_ties_even())
    }
    #[inline(always)]
    fn times_power_of_two(self, x: Self::Lanes, n: Self::Lanes) -> Self::Lanes {
        each(|i| x[i] * f32::from_bits(((n[i] as i32 + 127) as u32) << 23))
    }
    #[inline(always)]
    fn greater(self, a: Self::Lanes, b: Self::Lanes) -> u16 {
        (0..LANES).fold(0, |mask, i| mask | (u16::from(a[i] > b[i]) << i))
    }
    #[inline(always)]
    fn sum(self, x: Self::Lanes) -> f32 {
        fold(x, |a, b| a + b)
    }
    #[inline(always)]
    fn largest(self, x: Self::Lanes) -> f32 {
        fold(x, |a, b| if a > b { a } else { b })
    }
}

#[inline(always)]
fn fold(mut x: [f32; LANES], f: impl Fn(f32, f32) -> f32) -> f32 {
    for width in [8, 4, 2, 1] {
        for lane in 0..width {
            x[lane] = f(x[lane], x[lane + width]);
        }
    }
    x[0]
}

/// IEEE binary16 to binary32.
fn half_to_float(half: u16) -> f32 {
    let sign = u32::from(half >> 15) << 31;
    let exponent = u32::from(half >> 10 & 0x1f);
    let fraction = u32::from(half & 0x3ff);
    let magnitude = match exponent {
        0 => return f32::from_bits((fraction as f32 * f32::from_bits(0x3380_0000)).to_bits() | sign), // times 2^-24
        31 => 0x7f80_0000 | fraction << 13,
        _ => (exponent + 112) << 23 | fraction << 13,
    };
    f32::from_bits(sign | magnitude)
}

/// IEEE binary32 to binary16, to the nearest, ties to even.
fn float_to_half(x: f32) -> u16 {
    let bits = x.to_bits();
    let sign = (bits >> 16 & 0x8000) as u16;
    let magnitude = bits & 0x7fff_ffff;
    if magnitude > 0x7f80_0000 {
        return sign | 0x7e00 | (magnitude >> 13 & 0x3ff) as u16;
    }
    if magnitude >= 0x4780_0000 {
        return sign | 0x7c00;
    }
    if magnitude < 0x3880_0000 {
        // Below the smallest normal number: count of 2^-24.
        let units = f32::from_bits(magnitude) * f32::from_bits(0x4b80_0000);
        return sign | units.round_ties_even() as u16;
    }
    let rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
    sign | ((rounded - 0x3800_0000) >> 13) as u16
}
