//! Sums of 8-bit products in AMX tiles: 32 rows and 32 outputs at once, 64 inputs deep.
//!
//! The intrinsics are not stable yet, so the instructions stand here as text.

use super::int8::{DEPTH, Product, Sums};
use super::tiles::{Operands, Tile};
use super::{BLOCK, LANES};
use crate::kernels::simd::Avx512;
use std::arch::asm;
use std::arch::x86_64::__cpuid_count;
use std::sync::OnceLock;

/// Whether the processor has the tiles and the system lets this process use them (asked once; Linux only).
pub(crate) fn is_allowed() -> bool {
    static ALLOWED: OnceLock<bool> = OnceLock::new();
    *ALLOWED.get_or_init(|| {
        // Leaf 7: bit 24 is AMX-TILE, bit 25 AMX-INT8.
        const TILE_AND_INT8: u32 = 0b11 << 24;
        // AVX2 was seen, so leaf 7 is there.
        __cpuid_count(7, 0).edx & TILE_AND_INT8 == TILE_AND_INT8 && ask_the_system()
    })
}

#[cfg(target_os = "linux")]
fn ask_the_system() -> bool {
    const ARCH_PRCTL: i64 = 158;
    const ARCH_REQ_XCOMP_PERM: i64 = 0x1023;
    const TILE_DATA: i64 = 18;
    let result: i64;
    // SAFETY: the call changes nothing but this process's permission; Linux before 5.16 answers with an error.
    unsafe {
        asm!("syscall", inlateout("rax") ARCH_PRCTL => result, in("rdi") ARCH_REQ_XCOMP_PERM, in("rsi") TILE_DATA,
             out("rcx") _, out("r11") _, options(nostack));
    }
    result == 0
}

#[cfg(not(target_os = "linux"))]
fn ask_the_system() -> bool {
    false
}

/// Shapes of the eight tiles: 16 rows of 64 bytes each.
#[repr(C, align(64))]
struct Shapes([u8; 64]);

const SHAPES: Shapes = {
    let mut bytes = [0; 64];
    bytes[0] = 1; // palette
    let mut tile = 0;
    while tile < 8 {
        bytes[16 + 2 * tile] = 64;
        bytes[48 + tile] = 16;
        tile += 1;
    }
    Shapes(bytes)
};

/// # Safety
/// [`is_allowed`], and the processor has AVX-512 with VNNI.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
pub(super) unsafe fn run(product: Product<'_, '_>) {
    // SAFETY: the caller's promise; no other code uses tiles, so nothing of theirs is lost.
    unsafe {
        asm!("ldtilecfg [{}]", in(reg) &SHAPES, options(nostack));
        product.run(Avx512::new(), Amx(()));
        asm!("tilerelease", options(nostack));
    }
}

#[derive(Clone, Copy)]
struct Amx(());

impl Tile for Amx {
    const ROWS: usize = 32;

    #[inline(always)]
    unsafe fn sums(self, of: Operands, sums: &mut Sums) {
        let Operands { bytes, rows, panels, depth, .. } = of;
        let steps = depth / DEPTH;
        let sums = sums.0.as_mut_ptr();
        // SAFETY: the caller's promise: 16 or 32 rows and two panels of `depth` are there, the sums are a whole tile.
        // Tiles are of no other use to compiled code, so they need not be named as changed.
        unsafe {
            let second_panel = panels.add(LANES * depth);
            if rows > LANES {
                asm!(
                    "tilezero tmm0",
                    "tilezero tmm1",
                    "tilezero tmm2",
                    "tilezero tmm3",
                    "2:",
                    "tileloadd tmm4, [{a} + {stride}*1]",
                    "tileloadd tmm6, [{b} + {line}*1]",
                    "tileloadd tmm7, [{c} + {line}*1]",
                    "tdpbusd tmm0, tmm4, tmm6",
                    "tileloadd tmm5, [{d} + {stride}*1]",
                    "tdpbusd tmm1, tmm4, tmm7",
                    "tdpbusd tmm2, tmm5, tmm6",
                    "tdpbusd tmm3, tmm5, tmm7",
                    "add {a}, 64",
                    "add {d}, 64",
                    "add {b}, 1024",
                    "add {c}, 1024",
                    "dec {steps}",
                    "jnz 2b",
                    "tilestored [{o} + {out}*1], tmm0",
                    "tilestored [{o} + {out}*1 + 64], tmm1",
                    "tilestored [{p} + {out}*1], tmm2",
                    "tilestored [{p} + {out}*1 + 64], tmm3",
                    a = inout(reg) bytes => _,
                    d = inout(reg) bytes.add(LANES * depth) => _,
                    b = inout(reg) panels => _,
                    c = inout(reg) second_panel => _,
                    steps = inout(reg) steps => _,
                    stride = in(reg) depth,
                    line = in(reg) 64_usize,
                    o = in(reg) sums,
                    p = in(reg) sums.add(LANES),
                    out = in(reg) 4 * BLOCK,
                    options(nostack),
                );
            } else {
                asm!(
                    "tilezero tmm0",
                    "tilezero tmm1",
                    "2:",
                    "tileloadd tmm4, [{a} + {stride}*1]",
                    "tileloadd tmm6, [{b} + {line}*1]",
                    "tileloadd tmm7, [{c} + {line}*1]",
                    "tdpbusd tmm0, tmm4, tmm6",
                    "tdpbusd tmm1, tmm4, tmm7",
                    "add {a}, 64",
                    "add {b}, 1024",
                    "add {c}, 1024",
                    "dec {steps}",
                    "jnz 2b",
                    "tilestored [{o} + {out}*1], tmm0",
                    "tilestored [{o} + {out}*1 + 64], tmm1",
                    a = inout(reg) bytes => _,
                    b = inout(reg) panels => _,
                    c = inout(reg) second_panel => _,
                    steps = inout(reg) steps => _,
                    stride = in(reg) depth,
                    line = in(reg) 64_usize,
                    o = in(reg) sums,
                    out = in(reg) 4 * BLOCK,
                    options(nostack),
                );
            }
        }
    }
}
