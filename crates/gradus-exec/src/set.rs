//! The instruction sets that kernels are compiled for, and the division of steps among threads.

use crate::error::{Error, Result};

/// An instruction set that kernels are compiled for. Results have the same bits on each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InstructionSet {
    /// AVX-512 of x86-64: vectors of 512 bits (F, DQ, BW and VL).
    Avx512,
    /// AVX2 and FMA of x86-64: vectors of 256 bits.
    Avx2,
    /// The instructions of the compiler's target. Where these lack fused multiply-adds, each is a call.
    Plain,
}

/// True where the plain set has no fused multiply-add, so that each is a call: vectors would gain nothing there,
/// and cost as much to compile.
pub(crate) const CALLS: bool = cfg!(all(
    any(target_arch = "x86_64", target_arch = "x86", target_arch = "arm", target_family = "wasm"),
    not(target_feature = "fma")
));

impl InstructionSet {
    /// Returns the sets that this processor has, the fastest first. A program runs on the first unless another is
    /// chosen.
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

    /// Returns the fastest set of this processor.
    pub fn best() -> Self {
        Self::available()[0]
    }

    /// Returns this set, if the processor has it.
    pub fn checked(self) -> Result<Self> {
        match Self::available() {
            sets if sets.contains(&self) => Ok(self),
            sets => Err(Error::Invalid(format!(
                "this processor does not support {self:?}, only {sets:?}: see `InstructionSet::available`"
            ))),
        }
    }
}

/// The steps that are divided among threads. The division changes no bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divide {
    /// None: one thread does all.
    Never,
    /// Those for which a second thread pays.
    Worth,
    /// Each that can be divided, however small: for tests.
    Always,
}

impl Divide {
    /// Tells whether a step of this much work is divided, if steps of its kind pay from `worth` on.
    pub(super) fn pays(self, work: usize, worth: usize) -> bool {
        match self {
            Divide::Never => false,
            Divide::Worth => work >= worth,
            Divide::Always => true,
        }
    }
}
