//! What candle lacks, or does less exactly than transformers; each with a plain reference beside it.
//!
//! Beside candle's own operations stand the kernels of the processor's fast path: written once over sixteen lanes
//! (`simd`), compiled for each instruction set ([`Isa`]).

mod aligned;
pub(crate) mod attention;
mod isa;
mod lanes;
mod layer_norm;
pub(crate) mod linear;
mod rms_norm;
pub(crate) mod row_ops;
mod rows;
pub(crate) mod scan;
mod simd;

pub use isa::{ISA_VARIABLE, Isa, IsaError};
pub use lanes::Activation;
pub use layer_norm::layer_norm;
pub use rms_norm::rms_norm;
