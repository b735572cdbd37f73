//! Which addresses the core may call. Nobody outside shall make it talk to itself, to its neighbours or to the machine
//! it runs on, so everything that is not plainly out there is refused unless an operator allows it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A block of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Block {
    first: u128,
    bits: u32,
    is_v4: bool,
}

/// Names and blocks of addresses that may be called though they are not plainly out there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowlist {
    names: Vec<String>,
    blocks: Vec<Block>,
}

impl Allowlist {
    /// Out of host names, addresses and blocks such as `10.20.0.0/16`.
    ///
    /// # Errors
    /// Says which entry makes no sense.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut list = Self::default();
        for entry in entries {
            if let Some(block) = Block::parse(entry)? {
                list.blocks.push(block);
            } else if is_a_name(entry) {
                list.names.push(entry.to_ascii_lowercase());
            } else {
                return Err(format!("`{entry}` is neither a host name nor an address nor a block of addresses"));
            }
        }
        Ok(list)
    }

    /// Allow what `more` allows too.
    pub fn extend(&mut self, more: Self) {
        self.names.extend(more.names);
        self.blocks.extend(more.blocks);
    }

    /// Whether `ip`, which `name` stands for, may be called.
    ///
    /// # Errors
    /// Why not, with what to do.
    pub fn judge(&self, name: Option<&str>, ip: IpAddr) -> Result<(), String> {
        let Some(what) = inner(ip) else { return Ok(()) };
        let named = name.is_some_and(|name| self.names.iter().any(|n| n.eq_ignore_ascii_case(name)));
        if named || self.blocks.iter().any(|block| block.holds(ip)) {
            return Ok(());
        }
        let whose = name.map_or_else(|| ip.to_string(), |name| format!("{name} is {ip}, which"));
        Err(format!("{whose} is {what}; not called unless `core.outbound_allow` names it"))
    }
}

impl Block {
    /// A block, or none where the text is a name.
    fn parse(text: &str) -> Result<Option<Self>, String> {
        let (address, length) = text.split_once('/').map_or((text, None), |(a, l)| (a, Some(l)));
        let Ok(ip) = address.parse::<IpAddr>() else {
            return Ok(None);
        };
        let most = if ip.is_ipv4() { 32 } else { 128 };
        let length = match length {
            None => most,
            Some(length) => length
                .parse::<u32>()
                .ok()
                .filter(|length| *length <= most)
                .ok_or_else(|| format!("`{text}` is no block of addresses: /{length} is not 0 to {most}"))?,
        };
        Ok(Some(Self { first: number(ip), bits: most - length, is_v4: ip.is_ipv4() }))
    }

    fn holds(&self, ip: IpAddr) -> bool {
        let shifted = |n: u128| n.checked_shr(self.bits).unwrap_or(0);
        ip.is_ipv4() == self.is_v4 && shifted(number(ip)) == shifted(self.first)
    }
}

fn number(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u128::from(ip.to_bits()),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

fn is_a_name(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    text.len() <= 253 && text.split('.').all(is_label) && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// What an address is that is not plainly out there.
pub fn inner(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => inner_v4(ip),
        IpAddr::V6(ip) => inner_v6(ip),
    }
}

/// The special blocks of RFC 6890 and its successors.
fn inner_v4(ip: Ipv4Addr) -> Option<&'static str> {
    match ip.octets() {
        [0, ..] => Some("of this network"),
        [127, ..] => Some("this machine"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some("private"),
        [169, 254, ..] => Some("link-local, where clouds keep their metadata"),
        [100, 64..=127, ..] => Some("behind a carrier's translation"),
        [192, 0, 0, _] | [192, 88, 99, _] => Some("of the protocol itself"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Some("for documentation"),
        [198, 18..=19, ..] => Some("for measurements"),
        [224..=239, ..] => Some("multicast"),
        [240..=255, ..] => Some("reserved"),
        _ => None,
    }
}

fn inner_v6(ip: Ipv6Addr) -> Option<&'static str> {
    let segments = ip.segments();
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("no address at all"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("this machine"),
        [0, 0, 0, 0, 0, 0xffff | 0, ..] => Some("an IPv4 address in disguise"),
        // A network without IPv4 reaches it this way: what counts is the address inside.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            inner_v4(Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low)))
        }
        [0x64, 0xff9b, ..] => Some("private"),
        [0x100, 0, 0, 0, ..] => Some("where nothing arrives"),
        [0x2001, 0..=0x1ff, ..] => Some("of the protocol itself"),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Some("for documentation"),
        [0x2002, ..] => Some("an IPv4 address in disguise"),
        [0xfc00..=0xfdff, ..] => Some("private"),
        [0xfe80..=0xfebf, ..] => Some("link-local"),
        [0xfec0..=0xfeff, ..] => Some("private"),
        [0xff00..=0xffff, ..] => Some("multicast"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_not_plainly_out_there_is_refused() {
        for text in [
            "0.0.0.0",
            "127.0.0.1",
            "127.255.255.255",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "239.255.255.255",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::7f00:1",
            "64:ff9b::10.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2001::1",
            "2002:7f00:1::",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(inner(ip(text)).is_some(), "{text}");
            assert!(Allowlist::default().judge(Some("x.example"), ip(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_out_there_is_called() {
        for text in
            ["8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1", "169.253.1.1", "2606:4700::1111", "64:ff9b::808:808"]
        {
            assert_eq!(Allowlist::default().judge(Some("x.example"), ip(text)), Ok(()), "{text}");
        }
    }

    #[test]
    fn the_list_allows_names_addresses_and_blocks_and_nothing_beside_them() {
        let list = Allowlist::parse(["hooks.ops.example", "10.20.0.0/16", "192.168.1.7", "fd00:1::/32"]).unwrap();
        assert_eq!(list.judge(Some("Hooks.ops.example"), ip("10.9.9.9")), Ok(()));
        assert!(list.judge(Some("x.hooks.ops.example"), ip("10.9.9.9")).is_err());
        for text in ["10.20.255.1", "192.168.1.7", "fd00:1:ffff::1"] {
            assert_eq!(list.judge(None, ip(text)), Ok(()), "{text}");
        }
        for text in ["10.21.0.1", "192.168.1.8", "fd00:2::1", "::ffff:10.20.0.1"] {
            assert!(list.judge(None, ip(text)).is_err(), "{text}");
        }
        assert_eq!(Allowlist::parse(["0.0.0.0/0"]).unwrap().judge(None, ip("127.0.0.1")), Ok(()));
        let whole = |block: &str, text: &str| Allowlist::parse([block]).unwrap().judge(None, ip(text)).is_ok();
        assert!(!whole("0.0.0.0/0", "::1") && !whole("::/0", "127.0.0.1"), "each of its own kind");
        for bad in ["10.0.0.0/33", "10.0.0.0/x", "a b", "", "*.example", "http://x"] {
            assert!(Allowlist::parse([bad]).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_refusal_says_what_the_address_is_and_what_to_do() {
        let said = Allowlist::default().judge(Some("x.example"), ip("169.254.169.254")).unwrap_err();
        assert!(said.starts_with("x.example is 169.254.169.254, which is link-local"), "{said}");
        assert!(said.contains("core.outbound_allow"), "{said}");
        let said = Allowlist::default().judge(None, ip("127.0.0.1")).unwrap_err();
        assert!(said.starts_with("127.0.0.1 is this machine;"), "{said}");
    }
}
