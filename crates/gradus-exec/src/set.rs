//! The instruction sets that kernels are compiled for, and the sizes from which on a step is divided.

use crate::error::{Error, Result};

/// An instruction set that kernels are compiled for. Results have the same bits on each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InstructionSet {
    /// AVX-512 of x86-64: vectors of 512 bits (F, DQ, BW and VL).
    Avx512,
    /// AVX2 and FMA of x86-64: vectors of 256 bits.
    Avx2,
    /// The instructions of the compiler's target; without fused multiply-adds each of those is a call.
    Plain,
}

/// True where the plain set has no fused multiply-add, so that each is a call: vectors would gain nothing there, and be
/// as much to compile.
pub(crate) const CALLS: bool = cfg!(all(
    any(target_arch = "x86_64", target_arch = "x86", target_arch = "arm", target_family = "wasm"),
    not(target_feature = "fma")
));

impl InstructionSet {
    /// The sets that this processor has, the fastest first. A program runs on the first unless another is chosen.
    pub fn available() -> &'static [InstructionSet] {
        #[cfg(target_arch = "x86_64")]
        {
            let fma = std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma");
            let wide = std::is_x86_feature_detected!("avx512f")
                && std::is_x86_feature_detected!("avx512dq")
                && std::is_x86_feature_detected!("avx512bw")
                && std::is_x86_feature_detected!("avx512vl");
            match (fma, wide) {
                (true, true) => {
                    return &[InstructionSet::Avx512, InstructionSet::Avx2, InstructionSet::Plain];
                }
                (true, false) => return &[InstructionSet::Avx2, InstructionSet::Plain],
                _ => {}
            }
        }
        &[InstructionSet::Plain]
    }

    /// The fastest set of this processor.
    pub fn best() -> Self {
        Self::available()[0]
    }

    /// This set, if the processor has it.
    pub fn checked(self) -> Result<Self> {
        match Self::available() {
            sets if sets.contains(&self) => Ok(self),
            sets => Err(Error::Invalid(format!(
                "this processor has no {self:?}; `InstructionSet::available()` lists what it has: {sets:?}"
            ))),
        }
    }
}

/// From which size on a step is divided among threads. How it is divided changes no bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divide {
    /// One thread does all.
    Never,
    /// Steps for which a second thread pays.
    Worth,
    /// Each step that can be, however small: for tests.
    Always,
}

impl Divide {
    /// Tells whether a step of this much work is divided, of a kind that is worth it from `worth` on.
    pub(super) fn pays(self, work: usize, worth: usize) -> bool {
        match self {
            Divide::Never => false,
            Divide::Worth => work >= worth,
            Divide::Always => true,
        }
    }
}
