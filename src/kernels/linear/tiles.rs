//! Sums of 8-bit products for a few rows and two panels of outputs, on each instruction set; the sums are exact.

use super::int8::{DEPTH, GROUP, Product, Sums};
use super::{BLOCK, LANES};

/// The largest tile.
pub(super) const MOST_ROWS: usize = 32;

/// What a tile is summed over: `rows` rows of `depth` bytes (a multiple of 64), as they are stored (128 too large) and
/// rounded up to whole groups of 16 rows; two panels of weights of that depth, at a cache line; and for each output the
/// number that undoes what the 128 add.
#[derive(Clone, Copy)]
pub(super) struct Operands {
    pub bytes: *const u8,
    pub rows: usize,
    pub panels: *const i8,
    pub corrections: *const i32,
    pub depth: usize,
}

/// How a tile is summed.
pub(super) trait Tile: Copy {
    /// Rows of a tile, at most [`MOST_ROWS`].
    const ROWS: usize;

    /// For each row and each of 32 outputs the sum of byte times weight.
    ///
    /// # Safety
    /// The pointers of `of` hold what it says.
    unsafe fn sums(self, of: Operands, sums: &mut Sums);
}

/// In plain Rust: the reference of the others.
#[derive(Clone, Copy)]
pub(super) struct Plain;

impl Tile for Plain {
    const ROWS: usize = 4;

    #[inline(always)]
    unsafe fn sums(self, of: Operands, sums: &mut Sums) {
        let Operands { bytes, rows, panels, depth, .. } = of;
        debug_assert!(depth.is_multiple_of(DEPTH));
        for (row, sums) in sums.0[..rows].iter_mut().enumerate() {
            // SAFETY: the caller's promise.
            let (bytes, panels) = unsafe {
                (
                    std::slice::from_raw_parts(bytes.add(row * depth), depth),
                    std::slice::from_raw_parts(panels, BLOCK * depth),
                )
            };
            for (panel, sums) in panels.chunks_exact(LANES * depth).zip(sums.chunks_exact_mut(LANES)) {
                sums.fill(0);
                for (bytes, weights) in bytes.chunks_exact(GROUP).zip(panel.chunks_exact(LANES * GROUP)) {
                    for (sum, weights) in sums.iter_mut().zip(weights.chunks_exact(GROUP)) {
                        *sum += bytes.iter().zip(weights).map(|(b, w)| i32::from(*b) * i32::from(*w)).sum::<i32>();
                    }
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{run_avx2, run_avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::*;
    use crate::kernels::simd::{Avx2, Avx512};
    use std::arch::x86_64::*;

    /// `vpdpbusd`: four products and their sum in each lane.
    #[derive(Clone, Copy)]
    struct Vnni(());

    /// # Safety
    /// The processor has AVX-512 with VNNI.
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    pub(in crate::kernels::linear) unsafe fn run_avx512(product: Product<'_, '_>) {
        // SAFETY: the caller's promise.
        product.run(unsafe { Avx512::new() }, Vnni(()));
    }

    /// # Safety
    /// The processor has AVX2, FMA and F16C.
    #[target_feature(enable = "avx2,fma,f16c")]
    pub(in crate::kernels::linear) unsafe fn run_avx2(product: Product<'_, '_>) {
        // SAFETY: the caller's promise.
        product.run(unsafe { Avx2::new() }, Pairs(()));
    }

    impl Vnni {
        #[inline(always)]
        unsafe fn rows<const ROWS: usize>(of: Operands, sums: &mut Sums) {
            let Operands { bytes, panels, depth, .. } = of;
            // SAFETY: the caller's promise.
            unsafe {
                let mut low = [_mm512_setzero_si512(); ROWS];
                let mut high = [_mm512_setzero_si512(); ROWS];
                let second_panel = panels.add(LANES * depth);
                for group in 0..depth / GROUP {
                    let first = _mm512_load_si512(panels.add(group * LANES * GROUP).cast());
                    let second = _mm512_load_si512(second_panel.add(group * LANES * GROUP).cast());
                    for row in 0..ROWS {
                        let four = bytes.add(row * depth + group * GROUP).cast::<i32>().read_unaligned();
                        let four = _mm512_set1_epi32(four);
                        low[row] = _mm512_dpbusd_epi32(low[row], four, first);
                        high[row] = _mm512_dpbusd_epi32(high[row], four, second);
                    }
                }
                for row in 0..ROWS {
                    _mm512_store_si512(sums.0[row].as_mut_ptr().cast(), low[row]);
                    _mm512_store_si512(sums.0[row][LANES..].as_mut_ptr().cast(), high[row]);
                }
            }
        }
    }

    impl Tile for Vnni {
        const ROWS: usize = 12;

        #[inline(always)]
        unsafe fn sums(self, of: Operands, sums: &mut Sums) {
            // SAFETY: the caller's promise; rows behind the last are there up to a multiple of 16, and not used.
            unsafe {
                match of.rows {
                    1 => Self::rows::<1>(of, sums),
                    2 => Self::rows::<2>(of, sums),
                    3 | 4 => Self::rows::<4>(of, sums),
                    5..=8 => Self::rows::<8>(of, sums),
                    _ => Self::rows::<12>(of, sums),
                }
            }
        }
    }

    /// AVX2 has sums of two products in 16 bits, which saturate for bytes up to 255. Magnitudes up to 128 fit (two
    /// times 128 times 127 is 32,512): the sign of the input goes to the weight.
    #[derive(Clone, Copy)]
    struct Pairs(());

    impl Tile for Pairs {
        const ROWS: usize = 2;

        #[inline(always)]
        unsafe fn sums(self, of: Operands, sums: &mut Sums) {
            let Operands { bytes, rows, panels, corrections, depth } = of;
            let rows = rows.min(2);
            // SAFETY: the caller's promise; a second row is there, if only as padding.
            unsafe {
                let ones = _mm256_set1_epi16(1);
                let offset = _mm256_set1_epi8(-128);
                // The sums are those of (byte - 128): start from what the correction will take away again.
                let start: [__m256i; 4] = std::array::from_fn(|part| {
                    let correction = _mm256_loadu_si256(corrections.add(8 * part).cast());
                    _mm256_sub_epi32(_mm256_setzero_si256(), correction)
                });
                let mut totals = [start; 2];
                for group in 0..depth / GROUP {
                    for (row, totals) in totals.iter_mut().enumerate() {
                        let four = bytes.add(row * depth + group * GROUP).cast::<i32>().read_unaligned();
                        let signed = _mm256_xor_si256(_mm256_set1_epi32(four), offset);
                        let magnitudes = _mm256_abs_epi8(signed);
                        for (part, total) in totals.iter_mut().enumerate() {
                            let place = part / 2 * LANES * depth + group * LANES * GROUP + part % 2 * 32;
                            let weights = _mm256_load_si256(panels.add(place).cast());
                            let pairs = _mm256_maddubs_epi16(magnitudes, _mm256_sign_epi8(weights, signed));
                            *total = _mm256_add_epi32(*total, _mm256_madd_epi16(pairs, ones));
                        }
                    }
                }
                for (sums, totals) in sums.0.iter_mut().zip(totals).take(rows) {
                    for (part, total) in totals.into_iter().enumerate() {
                        _mm256_store_si256(sums[8 * part..].as_mut_ptr().cast(), total);
                    }
                }
            }
        }
    }
}
