//! Ancillary data, as recvmsg(2) gives it.

/// Level, kind and value of what the kernel has put into a control buffer, read as bytes: `cmsg(3)` without its macros.
pub(super) fn control_messages(
    mut control: &[u8],
) -> impl Iterator<Item = (libc::c_int, libc::c_int, &[u8])> {
    const HEADER: usize = size_of::<libc::cmsghdr>();
    const WORD: usize = size_of::<usize>();
    std::iter::from_fn(move || {
        let (header, rest) = control.split_at_checked(HEADER)?;
        let (length, kinds) = header.split_first_chunk::<WORD>()?;
        let length = usize::from_ne_bytes(*length).checked_sub(HEADER)?;
        let (level, kind) = kinds.split_first_chunk::<4>()?;
        let (level, kind) = (i32::from_ne_bytes(*level), i32::from_ne_bytes(*kind.first_chunk()?));
        let value = rest.get(..length)?;
        control = rest.get(length.next_multiple_of(WORD)..).unwrap_or(&[]);
        Some((level, kind, value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ancillary_data_is_read_however_much_of_it_there_is() {
        let message = |level: i32, kind: i32, value: &[u8]| {
            let length = 16 + value.len();
            let mut bytes =
                [&length.to_ne_bytes()[..], &level.to_ne_bytes(), &kind.to_ne_bytes(), value].concat();
            bytes.resize(bytes.len().next_multiple_of(8), 0);
            bytes
        };
        let both = [message(17, 104, &1200i32.to_ne_bytes()), message(0, 1, &[0xb8])].concat();
        let read: Vec<_> =
            control_messages(&both).map(|(level, kind, value)| (level, kind, value.to_vec())).collect();
        assert_eq!(read, [(17, 104, 1200i32.to_ne_bytes().to_vec()), (0, 1, vec![0xb8])]);
        for cut in 0..16 + 4 {
            assert_eq!(control_messages(&both[..cut]).count(), 0);
        }
        assert_eq!(control_messages(&[0; 64]).count(), 0);
        assert_eq!(control_messages(&[0xff; 64]).count(), 0);
    }
}
