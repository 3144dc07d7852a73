//! What candle lacks, or does less exactly than transformers; each with a plain reference beside it.
//!
//! Beside candle's own operations stand the kernels of the processor's fast path: written once over sixteen lanes
//! (`simd`), compiled for each instruction set ([`Isa`]).

mod aligned;
mod isa;
mod lanes;
mod layer_norm;
pub(crate) mod linear;
pub(crate) mod rows;
pub(crate) mod simd;

pub(crate) use aligned::Aligned;
pub use isa::{ISA_VARIABLE, Isa, IsaError};
pub(crate) use isa::Kernel;
pub use lanes::Activation;
pub use layer_norm::layer_norm;
