//! SSH signatures (OpenSSH's PROTOCOL.sshsig), read and checked here: `ssh-keygen -Y verify` is a process for each, too slow for a
//! whole history. The arithmetic is ring's.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use sha2::{Digest, Sha256, Sha512};

use crate::story::seal::PublicKey;

const MAGIC: &[u8; 6] = b"SSHSIG";
/// "User present": somebody touched the security key (U2F raw messages, 2.1).
const PRESENT: u8 = 1;

/// The key that made this signature of `message` in `namespace`.
///
/// # Errors
/// Why it is no such signature, as a sentence goes on.
pub fn signer(namespace: &str, message: &[u8], signature: &[u8]) -> Result<PublicKey, String> {
    check(namespace.as_bytes(), message, signature).map_err(str::to_owned)
}

fn check(namespace: &[u8], message: &[u8], signature: &[u8]) -> Result<PublicKey, &'static str> {
    const CUT: &str = "it is cut off";
    let mut rest = Wire(signature.strip_prefix(MAGIC).ok_or("it is no SSH signature")?);
    if rest.number().ok_or(CUT)? != 1 {
        return Err("it is of a version that is not known");
    }
    let key = rest.string().ok_or(CUT)?;
    let made_for = rest.string().ok_or(CUT)?;
    let reserved = rest.string().ok_or(CUT)?;
    let hash = rest.string().ok_or(CUT)?;
    let made = rest.string().ok_or(CUT)?;
    if !rest.0.is_empty() {
        return Err("something stands behind it");
    }
    if made_for != namespace {
        return Err("it was made for something else (its namespace is another)");
    }
    let sum = match hash {
        b"sha512" => Sha512::digest(message).to_vec(),
        b"sha256" => Sha256::digest(message).to_vec(),
        _ => return Err("it uses a hash that is not known"),
    };
    let mut signed = MAGIC.to_vec();
    for part in [made_for, reserved, hash, &sum] {
        put(&mut signed, part);
    }
    let mut made = Wire(made);
    let (kind, bytes) = made.string().zip(made.string()).ok_or(CUT)?;
    match is_by(key, &signed, kind, bytes, made).ok_or("its kind of key cannot be checked here")? {
        true => PublicKey::of_blob(key).ok_or("its key has no name"),
        false => Err("it is not of this line on this story"),
    }
}

/// Whether `bytes` (and, from a security key, what `more` says) are this key's signature of `signed`; `None`: a kind of key or of
/// signature that is not known.
fn is_by(key: &[u8], signed: &[u8], kind: &[u8], bytes: &[u8], mut more: Wire) -> Option<bool> {
    let mut parts = Wire(key);
    let of = parts.string()?;
    let ed25519 = |point: &[u8], message: &[u8]| UnparsedPublicKey::new(&ED25519, point).verify(message, bytes).is_ok();
    match of {
        b"ssh-ed25519" if kind == of => Some(ed25519(parts.string()?, signed)),
        b"ssh-rsa" => {
            let (e, n) = (parts.number_bytes()?, parts.number_bytes()?);
            let how = match kind {
                b"rsa-sha2-512" => &RSA_PKCS1_2048_8192_SHA512,
                b"rsa-sha2-256" => &RSA_PKCS1_2048_8192_SHA256,
                _ => return None,
            };
            // a shorter signature is one with leading zeros left out
            let mut whole = vec![0; n.len().saturating_sub(bytes.len())];
            whole.extend_from_slice(bytes);
            Some(RsaPublicKeyComponents { n, e }.verify(how, signed, &whole).is_ok())
        }
        b"ecdsa-sha2-nistp256" | b"ecdsa-sha2-nistp384" if kind == of => {
            parts.string()?;
            ecdsa(of, parts.string()?, signed, bytes)
        }
        b"sk-ssh-ed25519@openssh.com" if kind == of => {
            let (point, application) = (parts.string()?, parts.string()?);
            let (message, present) = touched(application, &mut more, signed)?;
            Some(present && ed25519(point, &message))
        }
        b"sk-ecdsa-sha2-nistp256@openssh.com" if kind == of => {
            parts.string()?;
            let (point, application) = (parts.string()?, parts.string()?);
            let (message, present) = touched(application, &mut more, signed)?;
            Some(present && ecdsa(b"ecdsa-sha2-nistp256", point, &message, bytes)?)
        }
        _ => None,
    }
}

/// Two numbers, each filled up to its curve's width.
fn ecdsa(curve: &[u8], point: &[u8], message: &[u8], bytes: &[u8]) -> Option<bool> {
    let (width, how) = match curve {
        b"ecdsa-sha2-nistp256" => (32, &ECDSA_P256_SHA256_FIXED),
        _ => (48, &ECDSA_P384_SHA384_FIXED),
    };
    let mut both = Wire(bytes);
    let mut fixed = Vec::with_capacity(2 * width);
    for number in [both.number_bytes()?, both.number_bytes()?] {
        fixed.extend(std::iter::repeat_n(0, width.checked_sub(number.len())?));
        fixed.extend_from_slice(number);
    }
    Some(UnparsedPublicKey::new(how, point).verify(message, &fixed).is_ok())
}

/// What a security key signs, and whether somebody touched it.
fn touched(application: &[u8], more: &mut Wire, signed: &[u8]) -> Option<(Vec<u8>, bool)> {
    let (flags, counter) = (more.byte()?, more.number()?);
    let mut message = Sha256::digest(application).to_vec();
    message.push(flags);
    message.extend_from_slice(&counter.to_be_bytes());
    message.extend_from_slice(&Sha256::digest(signed));
    Some((message, flags & PRESENT != 0))
}

fn put(to: &mut Vec<u8>, string: &[u8]) {
    to.extend_from_slice(&(string.len() as u32).to_be_bytes());
    to.extend_from_slice(string);
}

/// The wire types of RFC 4251, section 5.
struct Wire<'a>(&'a [u8]);

impl<'a> Wire<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u32> {
        let (first, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*first))
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (string, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(string)
    }

    /// An `mpint` that is not negative, without leading zeros.
    fn number_bytes(&mut self) -> Option<&'a [u8]> {
        let bytes = self.string()?;
        match bytes.first() {
            Some(first) if first & 0x80 != 0 => None,
            _ => Some(&bytes[bytes.iter().take_while(|&&b| b == 0).count()..]),
        }
    }
}

/// The bytes between the lines of a signature as `ssh-keygen` prints it.
pub fn unarmoured(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    let inner = text.trim().strip_prefix("-----BEGIN SSH SIGNATURE-----")?;
    let inner: String = inner
        .strip_suffix("-----END SSH SIGNATURE-----")?
        .split_whitespace()
        .collect();
    base64::engine::general_purpose::STANDARD.decode(inner).ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use super::*;

    fn keygen(folder: &std::path::Path, arguments: &[&str], stdin: &[u8]) -> String {
        let mut child = Command::new("ssh-keygen")
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(stdin);
        let out = child.wait_with_output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }

    #[test]
    fn what_ssh_keygen_signs_is_known_and_no_bit_of_it_may_change() {
        let folder = tempfile::tempdir().unwrap();
        for (kind, bits) in [("ed25519", "256"), ("ecdsa", "256"), ("ecdsa", "384"), ("rsa", "2048")] {
            let name = format!("{kind}{bits}");
            keygen(
                folder.path(),
                &["-q", "-t", kind, "-b", bits, "-N", "", "-C", "", "-f", &name],
                b"",
            );
            let public = std::fs::read_to_string(folder.path().join(format!("{name}.pub"))).unwrap();
            let key: PublicKey = public.parse().unwrap();
            let message = format!("2010/12/x-0123456789\n{{\"{kind}\":1}}\n");
            for round in 0..3 {
                let message = format!("{message}{round}");
                let armour = keygen(
                    folder.path(),
                    &["-Y", "sign", "-n", "ns", "-f", &name],
                    message.as_bytes(),
                );
                let made = unarmoured(&armour).unwrap();
                assert_eq!(signer("ns", message.as_bytes(), &made), Ok(key.clone()), "{kind}");
                assert!(signer("other", message.as_bytes(), &made).is_err());
                assert!(signer("ns", format!("{message} ").as_bytes(), &made).is_err());
                for place in 0..made.len() {
                    let mut bent = made.clone();
                    bent[place] ^= 4;
                    let by = signer("ns", message.as_bytes(), &bent);
                    assert!(by.as_ref() != Ok(&key), "{kind}: byte {place} does not matter");
                    assert!(signer("ns", message.as_bytes(), &made[..place]).is_err());
                }
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(junk: Vec<u8>, key: Vec<u8>) {
            let _ = signer("ns", b"m", &junk);
            let mut shaped = MAGIC.to_vec();
            shaped.extend_from_slice(&1u32.to_be_bytes());
            for part in [&key[..], b"ns", b"", b"sha512", &junk] {
                put(&mut shaped, part);
            }
            let _ = signer("ns", b"m", &shaped);
        }
    }
}
