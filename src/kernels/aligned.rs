//! Memory that begins at a cache line.

use std::fmt;

/// Bytes of a cache line, and of an AVX-512 register.
const LINE: usize = 64;

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; LINE]);

/// Number types that any bytes are a value of.
///
/// # Safety
/// Plain numbers without padding, no larger than a cache line.
pub(crate) unsafe trait Number: Copy {}
// SAFETY: plain numbers.
unsafe impl Number for u8 {}
// SAFETY: as above.
unsafe impl Number for i8 {}
// SAFETY: as above.
unsafe impl Number for u16 {}
// SAFETY: as above.
unsafe impl Number for i32 {}
// SAFETY: as above.
unsafe impl Number for f32 {}

/// Numbers that begin at a cache line: whole lines of them, zero at first.
#[derive(Clone)]
pub(crate) struct Aligned<T> {
    lines: Vec<Line>,
    length: usize,
    kind: std::marker::PhantomData<T>,
}

impl<T: Number> Aligned<T> {
    /// `length` zeros.
    pub(crate) fn zeros(length: usize) -> Self {
        let lines = (length * size_of::<T>()).div_ceil(LINE);
        Self { lines: vec![Line([0; LINE]); lines], length, kind: std::marker::PhantomData }
    }

    /// Makes room for `length` numbers; what is there stays or is zero.
    pub(crate) fn grow(&mut self, length: usize) {
        if length > self.length {
            self.lines.resize((length * size_of::<T>()).div_ceil(LINE), Line([0; LINE]));
            self.length = length;
        }
    }
}

impl<T: Number> Aligned<T> {
    /// The numbers as they lie in memory.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the lines hold at least `length` numbers, which have no padding.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.length * size_of::<T>()) }
    }

    /// The same to be filled: any bytes are a number.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and the lines are borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.length * size_of::<T>()) }
    }
}

impl<T: Number> Default for Aligned<T> {
    fn default() -> Self {
        Self::zeros(0)
    }
}

impl<T: Number> std::ops::Deref for Aligned<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: the lines hold at least `length` numbers, aligned beyond need; any bytes are a number.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.length) }
    }
}

impl<T: Number> std::ops::DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and the lines are borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.length) }
    }
}

impl<T> fmt::Debug for Aligned<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Aligned({})", self.length)
    }
}
