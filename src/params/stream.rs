//! The stream of random numbers behind a seed.

use rand::{SeedableRng, TryRng};
use rand_pcg::Pcg64Mcg;
use std::convert::Infallible;

/// A seeded generator (PCG 64 MCG, O'Neill 2014) that knows its seed and the number of draws, so that its
/// place can be saved. It is an [`Rng`](rand::Rng), for initializers of your own.
#[derive(Clone, Debug)]
pub struct Stream {
    rng: Pcg64Mcg,
    seed: u64,
    /// The number of draws modulo 2¹²⁸, which the generator's period divides: so it gives the place after any
    /// number of draws.
    drawn: u128,
}

impl Stream {
    pub(crate) fn seeded(seed: u64) -> Self {
        Stream { rng: Pcg64Mcg::seed_from_u64(seed), seed, drawn: 0 }
    }

    /// The stream of a seed after some draws.
    pub(crate) fn resumed(seed: u64, drawn: u128) -> Self {
        let mut stream = Stream::seeded(seed);
        stream.rng.advance(drawn);
        Stream { drawn, ..stream }
    }

    /// The seed that it began with.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The number of 64-bit draws so far; [`u64::MAX`] if there were more.
    pub fn drawn(&self) -> u64 {
        u64::try_from(self.drawn).unwrap_or(u64::MAX)
    }

    /// The number of draws modulo 2¹²⁸.
    pub(crate) fn place(&self) -> u128 {
        self.drawn
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|x| (x >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.drawn = self.drawn.wrapping_add(1);
        self.rng.try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn a_resumed_stream_goes_on_where_it_was() {
        let mut stream = Stream::seeded(7);
        stream.fill_bytes(&mut [0; 13]);
        stream.next_u32();
        assert_eq!(stream.drawn(), 3);
        let mut resumed = Stream::resumed(7, 3);
        assert_eq!(stream.next_u64(), resumed.next_u64());
    }

    #[test]
    fn a_stream_counts_on_beyond_what_64_bits_hold() {
        let mut stream = Stream::resumed(7, u128::from(u64::MAX));
        stream.next_u64();
        assert_eq!((stream.drawn(), stream.place()), (u64::MAX, 1 << 64));
        let mut resumed = Stream::resumed(7, stream.place());
        assert_eq!(stream.next_u64(), resumed.next_u64());
    }
}
