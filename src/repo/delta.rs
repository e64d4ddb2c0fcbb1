//! The difference between two versions of a tree (gitformat-pack, "Deltified representation"): what they begin and end with
//! is copied, what lies between is given.

/// The most one copy covers.
const COPY: usize = 0xffff;
/// The most one insertion holds.
const INSERT: usize = 0x7f;

/// Makes `new` from `old`.
pub(super) fn between(old: &[u8], new: &[u8]) -> Vec<u8> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - head;
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(rest)
        .take_while(|(a, b)| a == b)
        .count();
    let mut out = Vec::with_capacity(new.len() - head - tail + 64);
    size(&mut out, old.len());
    size(&mut out, new.len());
    copy(&mut out, 0, head);
    for piece in new[head..new.len() - tail].chunks(INSERT) {
        out.push(piece.len() as u8);
        out.extend_from_slice(piece);
    }
    copy(&mut out, old.len() - tail, tail);
    out
}

fn size(out: &mut Vec<u8>, mut size: usize) {
    while size > 0x7f {
        out.push(0x80 | (size & 0x7f) as u8);
        size >>= 7;
    }
    out.push(size as u8);
}

/// A bit for each byte of the offset and of the length that is not zero, then those bytes, lowest first.
fn copy(out: &mut Vec<u8>, mut from: usize, mut left: usize) {
    while left > 0 {
        let len = left.min(COPY);
        let at = out.len();
        out.push(0x80);
        let bytes = (from as u32)
            .to_le_bytes()
            .into_iter()
            .chain((len as u16).to_le_bytes());
        for (bit, byte) in bytes.enumerate() {
            if byte != 0 {
                out[at] |= 1 << bit;
                out.push(byte);
            }
        }
        from += len;
        left -= len;
    }
}

/// Applies a difference; `None` where it is none of `old`.
pub(super) fn apply(old: &[u8], difference: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = difference.iter().copied();
    let mut size = || {
        let (mut size, mut shift) = (0usize, 0);
        loop {
            let byte = bytes.next()?;
            size |= usize::from(byte & 0x7f).checked_shl(shift)?;
            shift += 7;
            if byte & 0x80 == 0 {
                return Some(size);
            }
        }
    };
    let (from_len, to_len) = (size()?, size()?);
    if from_len != old.len() {
        return None;
    }
    let mut out = Vec::with_capacity(to_len.min(old.len() + difference.len()));
    while let Some(op) = bytes.next() {
        if op & 0x80 == 0 {
            for _ in 0..op {
                out.push(bytes.next()?);
            }
            continue;
        }
        let mut word = [0u8; 8];
        for (bit, byte) in word.iter_mut().take(7).enumerate() {
            if op & (1 << bit) != 0 {
                *byte = bytes.next()?;
            }
        }
        let from = u32::from_le_bytes([word[0], word[1], word[2], word[3]]) as usize;
        let len = match u32::from_le_bytes([word[4], word[5], word[6], 0]) as usize {
            0 => 0x10000,
            len => len,
        };
        out.extend_from_slice(old.get(from..from.checked_add(len)?)?);
    }
    (out.len() == to_len).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_difference_makes_the_new_from_the_old(old in proptest::collection::vec(0u8..3, 0..400), at in 0usize..400, cut in 0usize..50, add in proptest::collection::vec(0u8..3, 0..300)) {
            let mut new = old.clone();
            let at = at.min(old.len());
            let cut = cut.min(old.len() - at);
            new.splice(at..at + cut, add);
            prop_assert_eq!(apply(&old, &between(&old, &new)), Some(new));
        }

        #[test]
        fn junk_is_no_difference_and_no_panic(old in proptest::collection::vec(any::<u8>(), 0..40), junk in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = apply(&old, &junk);
        }
    }

    #[test]
    fn large_trees_are_copied_in_pieces() {
        let old: Vec<u8> = (0..700_000u32).map(|n| (n * 7 % 251) as u8).collect();
        let mut new = old.clone();
        new.splice(300_000..300_000, [9; 53]);
        let difference = between(&old, &new);
        assert!(difference.len() < 200);
        assert_eq!(apply(&old, &difference), Some(new));
    }
}
