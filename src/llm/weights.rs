//! Weights of a network as they come out of a GGUF: linear layers, embeddings, norms.

use super::error::LlmError;
use super::gguf::Gguf;
use candle_core::quantized::{GgmlDType, QMatMul, QStorage, QTensor};
use candle_core::{Device, Module, Result, Tensor};
use std::borrow::Cow;
use std::sync::Arc;

/// A linear layer: quantised weights `(out, in)`, and a bias `(out)` if it has one.
pub(super) struct Linear {
    weight: QMatMul,
    bias: Option<Tensor>,
}

impl Linear {
    /// Reads `{name}.weight`, and `{name}.bias` where `with_bias` says so.
    pub(super) fn load(
        gguf: &mut Gguf,
        name: &str,
        (input, output): (usize, usize),
        with_bias: bool,
        device: &Device,
    ) -> std::result::Result<Self, LlmError> {
        let weight = q5_0_as_q8_0(gguf.tensor(&format!("{name}.weight"), &[output, input], device)?)?;
        let bias = if with_bias { Some(vector(gguf, &format!("{name}.bias"), output, device)?) } else { None };
        Ok(Self { weight: QMatMul::from_qtensor(weight)?, bias })
    }

    /// The same matrix for the embedding and the output projection: held once.
    pub(super) fn tied(matrix: &Arc<QTensor>) -> Result<Self> {
        Ok(Self { weight: QMatMul::from_arc(Arc::clone(matrix))?, bias: None })
    }

    /// `(rows, in)` to `(rows, out)`.
    pub(super) fn forward(&self, inputs: &Tensor) -> Result<Tensor> {
        let outputs = self.weight.forward(inputs)?;
        match &self.bias {
            Some(bias) => outputs.broadcast_add(bias),
            None => Ok(outputs),
        }
    }
}

/// RMS norm: `x / sqrt(mean(x²) + ε) · weight`.
pub(super) struct Norm {
    weight: Tensor,
    epsilon: f32,
}

impl Norm {
    pub(super) fn load(
        gguf: &mut Gguf,
        name: &str,
        width: usize,
        epsilon: f32,
        device: &Device,
    ) -> std::result::Result<Self, LlmError> {
        Ok(Self { weight: vector(gguf, &format!("{name}.weight"), width, device)?, epsilon })
    }

    pub(super) fn forward(&self, inputs: &Tensor) -> Result<Tensor> {
        candle_nn::ops::rms_norm(inputs, &self.weight, self.epsilon)
    }
}

fn vector(gguf: &mut Gguf, name: &str, width: usize, device: &Device) -> std::result::Result<Tensor, LlmError> {
    Ok(gguf.tensor(name, &[width], device)?.dequantize(device)?)
}

/// Q5_0 weights as Q8_0: exactly the same numbers (`d · (q − 16)` with `q` of 5 bits fits `d · q` with 8 bits), and the
/// same product, as both kinds meet activations in Q8_0. candle has no vector kernel for Q5_0 on x86 and one for Q8_0.
fn q5_0_as_q8_0(weight: QTensor) -> Result<QTensor> {
    if weight.dtype() != GgmlDType::Q5_0 || !weight.device().is_cpu() {
        return Ok(weight);
    }
    let data = q5_0_blocks_as_q8_0(&weight.data()?);
    let storage = QStorage::from_data(Cow::Owned(data), &weight.device(), GgmlDType::Q8_0)?;
    QTensor::new(storage, weight.shape().clone())
}

/// Bytes of a Q5_0 block: scale (f16), fifth bits, low four bits.
const Q5_0_BYTES: usize = 2 + 4 + 16;
/// Bytes of a Q8_0 block: scale (f16), values.
const Q8_0_BYTES: usize = 2 + 32;

fn q5_0_blocks_as_q8_0(data: &[u8]) -> Vec<u8> {
    let mut output = Vec::with_capacity(data.len() / Q5_0_BYTES * Q8_0_BYTES);
    for block in data.chunks_exact(Q5_0_BYTES) {
        let fifth_bits = u32::from_le_bytes([block[2], block[3], block[4], block[5]]);
        let low_bits = &block[6..];
        output.extend_from_slice(&block[..2]);
        // Values 0..16 stand in the low halves of the bytes, 16..32 in the high halves.
        let value = |index: usize| {
            let low = if index < 16 { low_bits[index] & 0x0f } else { low_bits[index - 16] >> 4 };
            let fifth = (fifth_bits >> index & 1) as u8;
            (low | fifth << 4).wrapping_sub(16)
        };
        output.extend((0..32).map(value));
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::DType;

    #[test]
    fn q5_0_becomes_the_same_numbers() {
        let device = Device::Cpu;
        let numbers: Vec<f32> = (0..256).map(|i| ((i * 37 % 101) as f32 - 50.0) / 7.0).collect();
        let source = Tensor::from_vec(numbers, (4, 64), &device).unwrap();
        let five = QTensor::quantize(&source, GgmlDType::Q5_0).unwrap();
        let expected = five.dequantize(&device).unwrap().to_vec2::<f32>().unwrap();
        let eight = q5_0_as_q8_0(five).unwrap();
        assert_eq!(eight.dtype(), GgmlDType::Q8_0);
        assert_eq!(
            eight.dequantize(&device).unwrap().to_dtype(DType::F32).unwrap().to_vec2::<f32>().unwrap(),
            expected
        );
    }
}
