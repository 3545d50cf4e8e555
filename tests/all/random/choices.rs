//! Choices drawn from bytes: proptest, a fuzzer or a counter gives the bytes, and each makes one graph of them.

/// Choices in the order of the bytes; when these are used up, every choice is the first.
pub struct Choices<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Choices<'a> {
    /// Choices from these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Choices { bytes, at: 0 }
    }

    /// Tells whether all bytes are used up.
    pub fn done(&self) -> bool {
        self.at >= self.bytes.len()
    }

    fn byte(&mut self) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte)
    }

    /// A number below `n`, which is at least 1.
    pub fn below(&mut self, n: usize) -> usize {
        match n {
            0 | 1 => 0,
            2..=256 => self.byte() % n,
            _ => (self.byte() * 256 + self.byte()) % n,
        }
    }

    /// True once in `n` times.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    /// One of several.
    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

/// A generator of bytes and of small numbers (splitmix64).
#[derive(Clone)]
pub struct Mixer(pub u64);

impl Mixer {
    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// The bytes of the graph that has this number, 20 to 160 of them.
    pub fn bytes(number: u64) -> Vec<u8> {
        let mut mixer = Mixer(number);
        let count = 20 + mixer.number() as usize % 140;
        (0..count).map(|_| mixer.number() as u8).collect()
    }
}
