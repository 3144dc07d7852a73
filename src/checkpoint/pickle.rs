//! The part of Python's pickle format in which torch writes tables of tensors. Nothing is ever called: a global is a
//! name, and a call of a name other than the few that describe tensors becomes [`Value::Opaque`].
//!
//! Source: CPython's `Lib/pickletools.py`, `torch/serialization.py`.

use std::collections::HashMap;
use std::rc::Rc;

/// Most instructions: far beyond any checkpoint.
const MOST_INSTRUCTIONS: usize = 20_000_000;

/// A value as the format describes it.
#[derive(Debug, Clone)]
pub(super) enum Value {
    None,
    Int(i64),
    Text(Rc<str>),
    /// Index of its items in [`Pickle::containers`]: nothing is nested, so that a hostile depth can't exhaust the
    /// stack when it is dropped.
    Tuple(usize),
    /// As a tuple.
    List(usize),
    /// As a tuple: keys and values by turns.
    Dict(usize),
    /// `module.name`.
    Global(Rc<str>),
    /// `('storage', type, key, device, elements)`.
    Storage(Rc<Storage>),
    Tensor(Rc<TensorEntry>),
    /// Anything else: kept as a thing that was there.
    Opaque,
}

/// A block of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Storage {
    /// `torch.HalfStorage` and the like.
    pub kind: Rc<str>,
    /// Names the block in the file.
    pub key: Rc<str>,
    /// Numbers in the block.
    pub elements: usize,
}

/// A view of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TensorEntry {
    pub storage: Storage,
    /// First number in the block.
    pub offset: usize,
    pub shape: Vec<usize>,
    pub strides: Vec<usize>,
}

/// One pickle, read.
#[derive(Debug)]
pub(super) struct Pickle {
    pub root: Value,
    pub containers: Vec<Vec<Value>>,
    /// Bytes that it took.
    pub length: usize,
}

/// Reads one pickle from the start of `bytes`.
///
/// # Errors
/// In words: cut off, or an instruction that tables of tensors don't need.
pub(super) fn read(bytes: &[u8]) -> Result<Pickle, String> {
    let mut machine =
        Machine { bytes, at: 0, stack: Vec::new(), marks: Vec::new(), memo: HashMap::new(), containers: Vec::new() };
    let mut steps = 0;
    loop {
        steps += 1;
        if steps > MOST_INSTRUCTIONS {
            return Err("its table of tensors does not end".to_owned());
        }
        if let Some(root) = machine.step()? {
            return Ok(Pickle { root, containers: machine.containers, length: machine.at });
        }
    }
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Value>,
    marks: Vec<usize>,
    memo: HashMap<u64, Value>,
    containers: Vec<Vec<Value>>,
}

impl Machine<'_> {
    /// One instruction; the result if it was the last.
    fn step(&mut self) -> Result<Option<Value>, String> {
        let code = self.take(1)?[0];
        match code {
            0x80 => drop(self.take(1)?),
            0x95 => drop(self.take(8)?),
            b'.' => return self.pop().map(Some),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'N' => self.stack.push(Value::None),
            0x88 | 0x89 => self.stack.push(Value::Opaque),
            b'J' => {
                let number = self.unsigned(4)? as u32;
                self.stack.push(Value::Int(i64::from(number as i32)));
            }
            b'K' => self.push_unsigned(1)?,
            b'M' => self.push_unsigned(2)?,
            0x8a => self.long()?,
            b'G' => {
                self.take(8)?;
                self.stack.push(Value::Opaque);
            }
            b'X' => self.text(4)?,
            0x8c => self.text(1)?,
            0x8d => self.text(8)?,
            b'U' => self.text(1)?,
            b'B' => self.skip_bytes(4)?,
            b'C' => self.skip_bytes(1)?,
            b')' => self.push_container(Vec::new(), Value::Tuple),
            0x85..=0x87 => {
                let from = self.stack.len().checked_sub(usize::from(code - 0x84)).ok_or(SHORT)?;
                let items = self.stack.split_off(from);
                self.push_container(items, Value::Tuple);
            }
            b't' => {
                let items = self.since_mark()?;
                self.push_container(items, Value::Tuple);
            }
            b']' => self.push_container(Vec::new(), Value::List),
            b'l' => {
                let items = self.since_mark()?;
                self.push_container(items, Value::List);
            }
            b'}' => self.push_container(Vec::new(), Value::Dict),
            b'a' => {
                let item = self.pop()?;
                self.extend(vec![item])?;
            }
            b's' => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.extend(vec![key, value])?;
            }
            b'e' | b'u' => {
                let items = self.since_mark()?;
                self.extend(items)?;
            }
            b'q' => self.remember(1)?,
            b'r' => self.remember(4)?,
            0x94 => {
                let slot = self.memo.len() as u64;
                let value = self.top()?.clone();
                self.memo.insert(slot, value);
            }
            b'h' => self.recall(1)?,
            b'j' => self.recall(4)?,
            b'c' => {
                let module = self.line()?;
                let name = self.line()?;
                self.stack.push(Value::Global(format!("{module}.{name}").into()));
            }
            0x93 => {
                let (Value::Text(name), Value::Text(module)) = (self.pop()?, self.pop()?) else {
                    return Err("a name in its table of tensors is no text".to_owned());
                };
                self.stack.push(Value::Global(format!("{module}.{name}").into()));
            }
            b'Q' => {
                let id = self.pop()?;
                let value = self.storage(&id)?;
                self.stack.push(value);
            }
            b'R' | 0x81 => {
                let arguments = self.pop()?;
                let callee = self.pop()?;
                let value = self.describe(&callee, &arguments)?;
                self.stack.push(value);
            }
            // State of an object: the tables that we read have none that matters.
            b'b' => drop(self.pop()?),
            other => {
                return Err(format!("its table of tensors uses the pickle instruction {other:#04x}, which is refused"));
            }
        }
        Ok(None)
    }

    fn take(&mut self, count: usize) -> Result<&[u8], String> {
        let end = self.at.checked_add(count).filter(|&end| end <= self.bytes.len()).ok_or(SHORT)?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    /// A little-endian number of up to 8 bytes.
    fn unsigned(&mut self, bytes: usize) -> Result<u64, String> {
        Ok(self.take(bytes)?.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    fn push_unsigned(&mut self, bytes: usize) -> Result<(), String> {
        // At most two bytes.
        let number = self.unsigned(bytes)? as i64;
        self.stack.push(Value::Int(number));
        Ok(())
    }

    fn long(&mut self) -> Result<(), String> {
        let length = usize::from(self.take(1)?[0]);
        let bytes = self.take(length)?;
        // Longer ones (torch's magic number) are never looked at.
        let value = if length <= 8 {
            let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
            let fill = if negative { -1_i64 } else { 0 };
            Value::Int(bytes.iter().rev().fold(fill, |number, &byte| number << 8 | i64::from(byte)))
        } else {
            Value::Opaque
        };
        self.stack.push(value);
        Ok(())
    }

    fn text(&mut self, length_bytes: usize) -> Result<(), String> {
        let length = usize::try_from(self.unsigned(length_bytes)?).map_err(|_| SHORT)?;
        let text = String::from_utf8_lossy(self.take(length)?).into();
        self.stack.push(Value::Text(text));
        Ok(())
    }

    fn skip_bytes(&mut self, length_bytes: usize) -> Result<(), String> {
        let length = usize::try_from(self.unsigned(length_bytes)?).map_err(|_| SHORT)?;
        self.take(length)?;
        self.stack.push(Value::Opaque);
        Ok(())
    }

    fn line(&mut self) -> Result<String, String> {
        let length = self.bytes[self.at..].iter().position(|&byte| byte == b'\n').ok_or(SHORT)?;
        let line = String::from_utf8_lossy(self.take(length)?).into_owned();
        self.take(1)?;
        Ok(line)
    }

    fn pop(&mut self) -> Result<Value, String> {
        if self.marks.last().is_some_and(|&mark| mark >= self.stack.len()) {
            return Err(SHORT.to_owned());
        }
        Ok(self.stack.pop().ok_or(SHORT)?)
    }

    fn top(&self) -> Result<&Value, String> {
        Ok(self.stack.last().ok_or(SHORT)?)
    }

    fn since_mark(&mut self) -> Result<Vec<Value>, String> {
        let mark = self.marks.pop().filter(|&mark| mark <= self.stack.len()).ok_or(SHORT)?;
        Ok(self.stack.split_off(mark))
    }

    fn push_container(&mut self, items: Vec<Value>, kind: fn(usize) -> Value) {
        self.stack.push(kind(self.containers.len()));
        self.containers.push(items);
    }

    /// Appends to the list or dictionary on top; what is appended to anything else is dropped.
    fn extend(&mut self, items: Vec<Value>) -> Result<(), String> {
        if let Value::List(index) | Value::Dict(index) = *self.top()? {
            self.containers[index].extend(items);
        }
        Ok(())
    }

    fn remember(&mut self, bytes: usize) -> Result<(), String> {
        let slot = self.unsigned(bytes)?;
        let value = self.top()?.clone();
        self.memo.insert(slot, value);
        Ok(())
    }

    fn recall(&mut self, bytes: usize) -> Result<(), String> {
        let slot = self.unsigned(bytes)?;
        let value = self.memo.get(&slot).ok_or("its table of tensors refers to what is not there")?.clone();
        self.stack.push(value);
        Ok(())
    }

    /// A persistent id: `('storage', type, key, device, elements[, view])`.
    fn storage(&self, id: &Value) -> Result<Value, String> {
        let refuse = || "its table of tensors refers to something other than a storage".to_owned();
        let Value::Tuple(index) = id else { return Err(refuse()) };
        match self.containers[*index].as_slice() {
            [Value::Text(word), Value::Global(kind), Value::Text(key), _, Value::Int(elements), rest @ ..]
                if &**word == "storage" && matches!(rest, [] | [Value::None]) =>
            {
                let elements = usize::try_from(*elements).map_err(|_| refuse())?;
                Ok(Value::Storage(Rc::new(Storage { kind: kind.clone(), key: key.clone(), elements })))
            }
            _ => Err(refuse()),
        }
    }

    /// What a call stands for. The call itself is never made.
    fn describe(&mut self, callee: &Value, arguments: &Value) -> Result<Value, String> {
        let (Value::Global(name), Value::Tuple(index)) = (callee, arguments) else { return Ok(Value::Opaque) };
        match (&**name, self.containers[*index].as_slice()) {
            ("collections.OrderedDict", _) => {
                self.containers.push(Vec::new());
                Ok(Value::Dict(self.containers.len() - 1))
            }
            (
                "torch._utils._rebuild_tensor_v2" | "torch._utils._rebuild_tensor",
                [storage, offset, shape, strides, ..],
            ) => self
                .tensor(storage, offset, shape, strides)
                .ok_or_else(|| "a tensor in its table has no valid shape".to_owned()),
            ("torch._utils._rebuild_parameter", [inner @ Value::Tensor(_), ..]) => Ok(inner.clone()),
            _ => Ok(Value::Opaque),
        }
    }

    fn tensor(&self, storage: &Value, offset: &Value, shape: &Value, strides: &Value) -> Option<Value> {
        let (Value::Storage(storage), Value::Int(offset)) = (storage, offset) else { return None };
        Some(Value::Tensor(Rc::new(TensorEntry {
            storage: (**storage).clone(),
            offset: usize::try_from(*offset).ok()?,
            shape: self.sizes(shape)?,
            strides: self.sizes(strides)?,
        })))
    }

    fn sizes(&self, value: &Value) -> Option<Vec<usize>> {
        let Value::Tuple(index) = value else { return None };
        let size = |item: &Value| match item {
            Value::Int(number) => usize::try_from(*number).ok(),
            _ => None,
        };
        self.containers[*index].iter().map(size).collect()
    }
}

const SHORT: &str = "its table of tensors is cut off or damaged";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_never_run() {
        // What `pickle.dumps` writes for an object whose __reduce__ calls os.system("false").
        let hostile = b"\x80\x04\x95\x1e\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x05false\x94\x85\x94R\x94.";
        assert!(matches!(read(hostile), Ok(Pickle { root: Value::Opaque, .. })));
    }

    #[test]
    fn instructions_beyond_tables_are_refused() {
        // INST, OBJ, PERSID, EXT1, NEWOBJ_EX: ways to make objects.
        for code in [b'i', b'o', b'P', 0x82, 0x92] {
            let message = read(&[0x80, 2, code, b'.']).unwrap_err();
            assert!(message.contains("refused"), "{code:#x}: {message}");
        }
    }

    #[test]
    fn cut_off_tables_are_named() {
        let whole = b"\x80\x02}q\x00X\x01\x00\x00\x00aq\x01K\x05s.";
        assert!(matches!(read(whole), Ok(Pickle { root: Value::Dict(_), length, .. }) if length == whole.len()));
        for end in 0..whole.len() {
            assert!(read(&whole[..end]).is_err(), "{end}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }
}
