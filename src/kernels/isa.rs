//! Instruction sets: what this processor has, which one is used, and how a kernel is run on it.

#[cfg(target_arch = "x86_64")]
use super::simd::{Avx2, Avx512};
use super::simd::{Portable, Simd};
use std::fmt;
use std::sync::OnceLock;
use thiserror::Error;

/// The variable that forces an instruction set.
pub const ISA_VARIABLE: &str = "MUJAZ_ISA";

/// An instruction set, the weaker first. All give the same bits; they differ in speed. A value beyond `Generic` is proof
/// that the processor has it: outside this module such values come out of [`Isa::available`] alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isa {
    /// Plain Rust.
    Generic,
    /// AVX2, FMA and F16C.
    #[non_exhaustive]
    Avx2,
    /// AVX-512 with F, BW, DQ, VL and VNNI.
    #[non_exhaustive]
    Avx512,
    /// The above and AMX tiles of 8-bit integers.
    #[non_exhaustive]
    Amx,
}

/// A value of [`ISA_VARIABLE`] that can't be had.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("{ISA_VARIABLE} is `{wanted}`; this processor has {}", .available.iter().map(Isa::to_string).collect::<Vec<_>>().join(", "))]
pub struct IsaError {
    /// What the variable says.
    pub wanted: String,
    /// What there is.
    pub available: Vec<Isa>,
}

/// Work that is compiled for each instruction set.
pub(crate) trait Kernel {
    /// What comes out.
    type Output;
    /// The work; to be marked `#[inline(always)]`, so that it is compiled with the caller's instructions.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

impl Isa {
    /// The strongest that this processor has, or the one that [`ISA_VARIABLE`] names.
    ///
    /// # Errors
    /// [`IsaError`]: the variable names something else.
    pub fn from_env() -> Result<Self, IsaError> {
        let available = Self::available();
        match std::env::var(ISA_VARIABLE) {
            Ok(wanted) if !wanted.is_empty() => {
                let found = available.iter().copied().find(|isa| isa.to_string() == wanted);
                found.ok_or(IsaError { wanted, available })
            }
            // Generic is always there.
            _ => Ok(available.last().copied().unwrap_or(Isa::Generic)),
        }
    }

    /// What this processor and its system allow, the weakest first.
    pub fn available() -> Vec<Self> {
        static FOUND: OnceLock<Vec<Isa>> = OnceLock::new();
        FOUND.get_or_init(detect).clone()
    }

    /// The strongest that this processor has for vectors: what code that is not ours (candle's, `gemm`'s) runs in.
    pub fn of_vectors() -> Self {
        let vectors = Self::available().into_iter().rfind(|isa| *isa <= Isa::Avx512);
        // Generic is always there.
        vectors.unwrap_or(Isa::Generic)
    }

    /// Whether products of 8-bit integers are much faster here than those of floats.
    pub fn is_fast_with_bytes(self) -> bool {
        self >= Isa::Avx2
    }

    /// Runs `kernel`.
    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            // SAFETY: values other than Generic come out of `available` alone.
            #[cfg(target_arch = "x86_64")]
            Isa::Amx | Isa::Avx512 => unsafe { run_avx512(kernel) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => unsafe { run_avx2(kernel) },
            _ => kernel.run(Portable),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
unsafe fn run_avx512<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: the caller's promise.
    kernel.run(unsafe { Avx512::new() })
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn run_avx2<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: the caller's promise.
    kernel.run(unsafe { Avx2::new() })
}

impl fmt::Display for Isa {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Isa::Generic => "generic",
            Isa::Avx2 => "avx2",
            Isa::Avx512 => "avx512",
            Isa::Amx => "amx",
        })
    }
}

#[cfg(target_arch = "x86_64")]
fn detect() -> Vec<Isa> {
    let mut found = vec![Isa::Generic];
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c") {
        found.push(Isa::Avx2);
    } else {
        return found;
    }
    if is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vnni")
    {
        found.push(Isa::Avx512);
        if super::linear::amx_is_allowed() {
            found.push(Isa::Amx);
        }
    }
    found
}

#[cfg(not(target_arch = "x86_64"))]
fn detect() -> Vec<Isa> {
    vec![Isa::Generic]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generic_is_always_there_and_the_order_rises() {
        let available = Isa::available();
        println!("{available:?}");
        assert_eq!(available[0], Isa::Generic);
        assert!(available.is_sorted());
    }
}
