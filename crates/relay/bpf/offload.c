// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Forwards what the relay's threads have forwarded before, where it comes in: a packet for which there is a rule gets
// other headers and leaves at once. Everything else goes on to the relay's sockets untouched, which is always right.
//
//   client ──► ChannelData, Send indication ──► rule ──► plain UDP ───────────────────► peer
//   peer ────► plain UDP ──► rule ────────────────────► ChannelData, Data indication ──► client
//   client ──► ... ──► rule between two clients ──► rule of the other client ──► ... ──► client
//
// The rules are written by crates/relay/src/offload, and the structures below are spelled out there again (layout.rs).
// `cargo xtask bpf` compiles this file; its object is checked in, so that building the server needs no clang.

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>

#define SECTION(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
#define UINT(name, value) int(*name)[value]
#define TYPE(name, type) type *name

#define TO_BE16(x) __builtin_bswap16(x)
#define TO_BE32(x) __builtin_bswap32(x)

static void *(*map_lookup)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;
static __u64 (*now_ns)(void) = (void *)BPF_FUNC_ktime_get_ns;
static __u32 (*random32)(void) = (void *)BPF_FUNC_get_prandom_u32;
static long (*load_bytes)(const struct __sk_buff *, __u32 at, void *to, __u32 length) = (void *)BPF_FUNC_skb_load_bytes;
static long (*store_bytes)(struct __sk_buff *, __u32 at, const void *from, __u32 length, __u64 flags) =
	(void *)BPF_FUNC_skb_store_bytes;
static __s64 (*csum_diff)(const void *from, __u32 from_size, const void *to, __u32 to_size, __u32 seed) =
	(void *)BPF_FUNC_csum_diff;
static long (*adjust_room)(struct __sk_buff *, __s32 difference, __u32 mode, __u64 flags) =
	(void *)BPF_FUNC_skb_adjust_room;
static long (*change_tail)(struct __sk_buff *, __u32 length, __u64 flags) = (void *)BPF_FUNC_skb_change_tail;
static long (*redirect_neigh)(__u32 ifindex, void *next_hop, int size, __u64 flags) = (void *)BPF_FUNC_redirect_neigh;

// On to the next program, and in the end to the sockets.
#define PASS TC_ACT_UNSPEC

#define MAGIC_COOKIE 0x2112A442
#define SEND_INDICATION 0x0016
#define DATA_INDICATION 0x0017
#define XOR_PEER_ADDRESS 0x0012
#define DATA 0x0013
#define CHANNEL_HEADER 4
// The STUN header, XOR-PEER-ADDRESS and the head of DATA.
#define INDICATION_IPV4 36
#define INDICATION_IPV6 48
#define LONGEST_HEADER INDICATION_IPV6

// Forms of data.
#define PLAIN 0
#define CHANNEL 1
#define INDICATION 2
// Not to be sent: goes to another client of this relay, by that one's rule.
#define BETWEEN 3

// IPv4 as ::ffff:0:0/96. Ports and channels are in network order everywhere.
struct address {
	__u32 words[4];
};

// What a packet must be for a rule. A zero channel and no peer: plain data.
struct key {
	struct address remote, local, peer;
	__be16 remote_port, local_port, peer_port, channel;
};

// What becomes of it.
struct rule {
	// CLOCK_MONOTONIC, in nanoseconds. From then on the rule is none.
	__u64 until;
	struct address source, destination;
	__be16 source_port, destination_port, channel;
	__u16 form;
	__u32 ifindex;
	// The longest IP packet.
	__u32 mtu;
	// Where it is counted.
	__u32 place;
	// Whose rule it is.
	__u32 worker;
};

struct count {
	__u64 packets, bytes;
};

#define COUNTS 64

// Many at a time, so that they are read at a time.
struct page {
	struct count counts[COUNTS];
};

struct {
	UINT(type, BPF_MAP_TYPE_HASH);
	UINT(max_entries, 1);
	UINT(map_flags, BPF_F_NO_PREALLOC);
	TYPE(key, struct key);
	TYPE(value, struct rule);
} rules SECTION(".maps");

struct {
	UINT(type, BPF_MAP_TYPE_ARRAY);
	UINT(max_entries, 1);
	TYPE(key, __u32);
	TYPE(value, struct page);
} pages SECTION(".maps");

// Until when a worker's rules hold: it writes that anew as long as it lives.
struct {
	UINT(type, BPF_MAP_TYPE_ARRAY);
	UINT(max_entries, 1);
	TYPE(key, __u32);
	TYPE(value, __u64);
} leases SECTION(".maps");

// Messages to the relay that had no rule, one for each CPU.
struct {
	UINT(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	UINT(max_entries, 1);
	TYPE(key, __u32);
	TYPE(value, __u64);
} misses SECTION(".maps");

// What the checksum of UDP covers, except for the data, which stays the same.
struct covered {
	struct address source, destination;
	__be32 length;
	struct udphdr udp;
	__u8 header[LONGEST_HEADER];
};

// What is known of a packet.
struct packet {
	__u8 ip[sizeof(struct ipv6hdr)];
	struct covered covered;
	// Where UDP begins.
	__u32 udp_at;
	__u32 payload;
	_Bool is_ipv6;
};

// The headers without anything out of the ordinary. Whether that is so.
INLINE _Bool parse(struct __sk_buff *skb, struct packet *packet)
{
	struct covered *covered = &packet->covered;

	// Runs of datagrams, frames for others, and VLAN tags are not for us.
	if (skb->gso_size || skb->pkt_type != 0 || skb->vlan_present)
		return 0;
	if (skb->protocol == TO_BE16(ETH_P_IP)) {
		struct iphdr *ip = (struct iphdr *)packet->ip;

		if (load_bytes(skb, ETH_HLEN, ip, sizeof(*ip)))
			return 0;
		// No options, no fragments, not at the end of its way.
		if (*(__u8 *)ip != 0x45 || ip->protocol != IPPROTO_UDP || ip->frag_off & TO_BE16(0x3fff) || ip->ttl <= 1)
			return 0;
		covered->source.words[2] = covered->destination.words[2] = TO_BE32(0xffff);
		covered->source.words[3] = ip->saddr;
		covered->destination.words[3] = ip->daddr;
		covered->length = TO_BE32(TO_BE16(ip->tot_len) - (__u32)sizeof(*ip));
		packet->udp_at = ETH_HLEN + sizeof(*ip);
	} else if (skb->protocol == TO_BE16(ETH_P_IPV6)) {
		struct ipv6hdr *ip = (struct ipv6hdr *)packet->ip;

		if (load_bytes(skb, ETH_HLEN, ip, sizeof(*ip)))
			return 0;
		if (ip->version != 6 || ip->nexthdr != IPPROTO_UDP || ip->hop_limit <= 1)
			return 0;
		__builtin_memcpy(&covered->source, &ip->saddr, sizeof(struct address));
		__builtin_memcpy(&covered->destination, &ip->daddr, sizeof(struct address));
		covered->length = TO_BE32((__u32)TO_BE16(ip->payload_len));
		packet->udp_at = ETH_HLEN + sizeof(*ip);
		packet->is_ipv6 = 1;
	} else {
		return 0;
	}
	if (load_bytes(skb, packet->udp_at, &covered->udp, sizeof(covered->udp)))
		return 0;
	__u32 length = TO_BE16(covered->udp.len);
	// As long as IP says, and all of it here. A frame may be longer.
	if (TO_BE32(covered->length) != length || length < sizeof(covered->udp) || packet->udp_at + length > skb->len)
		return 0;
	packet->payload = length - sizeof(covered->udp);
	return 1;
}

INLINE __u16 fold(__u64 sum)
{
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32 & 0xffff);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

// A sender on this machine may leave the checksum to its network card, which then was not asked: there is only the sum of
// the pseudo header. Such a packet, one without a checksum, and (one of 65,536) one that happens to look so, passes.
INLINE _Bool has_checksum(const struct covered *covered)
{
	__u64 sum = TO_BE16(IPPROTO_UDP);

#pragma unroll
	for (int i = 0; i < 4; i++)
		// That IPv4 is in ::ffff:0:0/96 makes no difference: 0xffff is zero here.
		sum += (__u64)covered->source.words[i] + covered->destination.words[i];
	sum += covered->length;
	return covered->udp.check && covered->udp.check != fold(sum);
}

INLINE _Bool is_live(const struct rule *rule, __u64 now)
{
	__u32 worker = rule->worker;
	__u64 *lease = map_lookup(&leases, &worker);

	return lease && now < rule->until && now < *lease;
}

// Whether nothing but zeros, and few of them, follows the data: padding.
INLINE _Bool is_padding(struct __sk_buff *skb, __u32 at, __u32 length)
{
	__u32 padding = 0;

	if (!length)
		return 1;
	if (length == 1)
		return !load_bytes(skb, at, &padding, 1) && !padding;
	if (length == 2)
		return !load_bytes(skb, at, &padding, 2) && !padding;
	return length == 3 && !load_bytes(skb, at, &padding, 3) && !padding;
}

// What a client has sent.
struct message {
	// Bytes before the data; zero: this is none.
	__u32 header;
	__u32 data;
};

// RFC 8656 §12.4.
INLINE void read_channel_data(struct __sk_buff *skb, const struct packet *packet, struct key *key, struct message *message)
{
	__be16 head[2];

	__builtin_memcpy(head, packet->covered.header, sizeof(head));
	__u32 data = TO_BE16(head[1]), end = CHANNEL_HEADER + data;
	if (end > packet->payload || !is_padding(skb, packet->udp_at + sizeof(struct udphdr) + end, packet->payload - end))
		return;
	key->channel = head[0];
	message->header = CHANNEL_HEADER;
	message->data = data;
}

// The head of an indication with an IPv4 peer. That of an IPv6 peer has twelve more bytes before `kind`.
struct indication {
	__be16 type, length;
	__be32 cookie;
	__be32 transaction[3];
	__be16 address, address_length;
	__u8 zero, family;
	__be16 port;
	__be32 ipv4;
};

// Where an IPv6 address is, in place of `ipv4`.
#define XORED_ADDRESS 28

struct attribute {
	__be16 kind, length;
};

// RFC 8656 §11.2, in the one order that clients write: XOR-PEER-ADDRESS, DATA, and nothing else.
INLINE void read_send_indication(struct __sk_buff *skb, struct packet *packet, struct key *key, struct message *message)
{
	struct indication head;
	struct attribute data;
	__u32 header = packet->is_ipv6 ? INDICATION_IPV6 : INDICATION_IPV4;
	__u32 at = packet->udp_at + sizeof(struct udphdr);

	if (packet->payload < header)
		return;
	if (packet->is_ipv6) {
		if (load_bytes(skb, at, packet->covered.header, INDICATION_IPV6))
			return;
		__builtin_memcpy(&data, packet->covered.header + INDICATION_IPV6 - sizeof(data), sizeof(data));
	} else {
		if (load_bytes(skb, at, packet->covered.header, INDICATION_IPV4))
			return;
		__builtin_memcpy(&data, packet->covered.header + INDICATION_IPV4 - sizeof(data), sizeof(data));
	}
	__builtin_memcpy(&head, packet->covered.header, sizeof(head));
	__u32 length = TO_BE16(data.length), end = header + length;
	__u32 padding = -length & 3;
	if (head.cookie != TO_BE32(MAGIC_COOKIE) || head.address != TO_BE16(XOR_PEER_ADDRESS) || data.kind != TO_BE16(DATA))
		return;
	if (head.address_length != TO_BE16(packet->is_ipv6 ? 20 : 8) || head.family != (packet->is_ipv6 ? 2 : 1))
		return;
	if (end + padding != packet->payload || TO_BE16(head.length) + 20 != packet->payload)
		return;
	if (!is_padding(skb, at + end, padding))
		return;
	__be16 port = head.port ^ TO_BE16(MAGIC_COOKIE >> 16);
	// Nobody's: with [::] before it the key would be that of plain data, and data of a peer's that looks like this would be cut.
	if (!port)
		return;
	key->peer_port = port;
	if (packet->is_ipv6) {
		__builtin_memcpy(&key->peer, packet->covered.header + XORED_ADDRESS, sizeof(key->peer));
		key->peer.words[0] ^= TO_BE32(MAGIC_COOKIE);
#pragma unroll
		for (int i = 0; i < 3; i++)
			key->peer.words[i + 1] ^= head.transaction[i];
	} else {
		key->peer.words[2] = TO_BE32(0xffff);
		key->peer.words[3] = head.ipv4 ^ TO_BE32(MAGIC_COOKIE);
	}
	message->header = header;
	message->data = length;
}

INLINE void write_channel_data(struct covered *new, __be16 channel, __u32 data)
{
	__be16 head[2] = { channel, TO_BE16(data) };

	__builtin_memcpy(new->header, head, sizeof(head));
}

// RFC 8656 §11.3. Nobody answers it, so the transaction need only be another each time.
INLINE void write_data_indication(struct covered *new, _Bool is_ipv6, const struct address *peer, __be16 port, __u32 data)
{
	struct attribute last = { TO_BE16(DATA), TO_BE16(data) };
	__u32 header = is_ipv6 ? INDICATION_IPV6 : INDICATION_IPV4;
	struct indication head = {
		.type = TO_BE16(DATA_INDICATION),
		.length = TO_BE16(header - 20 + ((data + 3) & ~3)),
		.cookie = TO_BE32(MAGIC_COOKIE),
		.transaction = { random32(), random32(), random32() },
		.address = TO_BE16(XOR_PEER_ADDRESS),
		.address_length = TO_BE16(is_ipv6 ? 20 : 8),
		.family = is_ipv6 ? 2 : 1,
		.port = port ^ TO_BE16(MAGIC_COOKIE >> 16),
	};

	if (is_ipv6) {
		struct address xored = *peer;

		xored.words[0] ^= TO_BE32(MAGIC_COOKIE);
#pragma unroll
		for (int i = 0; i < 3; i++)
			xored.words[i + 1] ^= head.transaction[i];
		__builtin_memcpy(new->header, &head, XORED_ADDRESS);
		__builtin_memcpy(new->header + XORED_ADDRESS, &xored, sizeof(xored));
		__builtin_memcpy(new->header + INDICATION_IPV6 - sizeof(last), &last, sizeof(last));
	} else {
		head.ipv4 = peer->words[3] ^ TO_BE32(MAGIC_COOKIE);
		__builtin_memcpy(new->header, &head, sizeof(head));
		__builtin_memcpy(new->header + INDICATION_IPV4 - sizeof(last), &last, sizeof(last));
	}
}

// Writes the IP header. DSCP and ECN stay as they are, the hop limit is one less (RFC 8656 §14).
INLINE long write_ip(struct __sk_buff *skb, struct packet *packet, const struct covered *new)
{
	if (packet->is_ipv6) {
		struct ipv6hdr *ip = (struct ipv6hdr *)packet->ip;

		ip->payload_len = new->udp.len;
		ip->hop_limit--;
		ip->flow_lbl[0] &= 0xf0;
		ip->flow_lbl[1] = ip->flow_lbl[2] = 0;
		__builtin_memcpy(&ip->saddr, &new->source, sizeof(struct address));
		__builtin_memcpy(&ip->daddr, &new->destination, sizeof(struct address));
		return store_bytes(skb, ETH_HLEN, ip, sizeof(*ip), BPF_F_RECOMPUTE_CSUM);
	}
	struct iphdr *ip = (struct iphdr *)packet->ip;
	struct iphdr old = *ip;

	ip->tot_len = TO_BE16(TO_BE16(new->udp.len) + sizeof(*ip));
	ip->ttl--;
	// It may be cut on its way, as what the relay's sockets send. What may not be has no number of its own.
	if (ip->frag_off) {
		ip->frag_off = 0;
		ip->id = random32();
	}
	ip->saddr = new->source.words[3];
	ip->daddr = new->destination.words[3];
	// From the old one, so that a wrong one stays wrong.
	__u16 seed = ~old.check;
	ip->check = old.check = 0;
	ip->check = ~fold(csum_diff(&old, sizeof(old), ip, sizeof(*ip), seed));
	return store_bytes(skb, ETH_HLEN, ip, sizeof(*ip), BPF_F_RECOMPUTE_CSUM);
}

INLINE void count(const struct rule *rule, __u32 bytes)
{
	__u32 number = rule->place / COUNTS;
	struct page *page = map_lookup(&pages, &number);

	if (!page)
		return;
	struct count *count = &page->counts[rule->place % COUNTS];
	__sync_fetch_and_add(&count->packets, 1);
	__sync_fetch_and_add(&count->bytes, bytes);
}

SECTION("classifier")
int offload(struct __sk_buff *skb)
{
	struct packet packet = {};
	struct message message = {};
	struct key key = {};
	struct rule *rule = 0, *last;
	__u32 zero = 0;

	if (!parse(skb, &packet))
		return PASS;
	struct covered *old = &packet.covered;
	key.remote = old->source;
	key.local = old->destination;
	key.remote_port = old->udp.source;
	key.local_port = old->udp.dest;
	__u32 data_at = packet.udp_at + sizeof(struct udphdr);
	// What a peer sends may look like a client's message. Only a client's address and port have a rule for those.
	if (packet.payload >= CHANNEL_HEADER) {
		if (load_bytes(skb, data_at, old->header, CHANNEL_HEADER))
			return PASS;
		if ((old->header[0] & 0xc0) == 0x40)
			read_channel_data(skb, &packet, &key, &message);
		else if (old->header[0] == SEND_INDICATION >> 8 && old->header[1] == (SEND_INDICATION & 0xff))
			read_send_indication(skb, &packet, &key, &message);
	}
	if (message.header)
		rule = map_lookup(&rules, &key);
	if (!rule) {
		// Not a client's: plain data of a peer?
		_Bool is_message = message.header;

		message.header = 0;
		message.data = packet.payload;
		__builtin_memset(old->header, 0, sizeof(old->header));
		__builtin_memset(&key.peer, 0, sizeof(key.peer));
		key.peer_port = key.channel = 0;
		rule = map_lookup(&rules, &key);
		if (!rule) {
			__u64 *missed = is_message ? map_lookup(&misses, &zero) : 0;
			if (missed)
				*missed += 1;
			return PASS;
		}
	}
	__u64 now = now_ns();
	if (!is_live(rule, now) || !has_checksum(old))
		return PASS;
	last = rule;
	_Bool is_between = rule->form == BETWEEN;
	if (is_between) {
		struct key other = {
			.remote = rule->source,
			.local = rule->destination,
			.remote_port = rule->source_port,
			.local_port = rule->destination_port,
		};

		key = other;
		last = map_lookup(&rules, &key);
		if (!last || last->form == BETWEEN || !is_live(last, now))
			return PASS;
	}

	struct covered new = { .source = last->source, .destination = last->destination };
	__u32 header = 0, padding = 0;
	if (last->form == CHANNEL) {
		header = CHANNEL_HEADER;
		write_channel_data(&new, last->channel, message.data);
	} else if (last->form == INDICATION) {
		header = packet.is_ipv6 ? INDICATION_IPV6 : INDICATION_IPV4;
		padding = -message.data & 3;
		write_data_indication(&new, packet.is_ipv6, &key.remote, key.remote_port, message.data);
	}
	__u32 length = sizeof(struct udphdr) + header + message.data + padding;
	if (packet.udp_at - ETH_HLEN + length > last->mtu)
		return PASS;
	new.length = TO_BE32(length);
	new.udp.source = last->source_port;
	new.udp.dest = last->destination_port;
	new.udp.len = TO_BE16(length);
	// Padding is zero, and each header of even length, so only what is in the two structures makes a difference.
	__u16 seed = ~old->udp.check;
	old->udp.check = 0;
	__u16 check = ~fold(csum_diff(old, sizeof(*old), &new, sizeof(new), seed));
	new.udp.check = check ? check : 0xffff;

	// From here on it is no longer the packet that came. What fails, fails for want of memory.
	// Exactly to the end of the data, then the padding: zeros.
	__u32 end = data_at + message.header + message.data;
	if (skb->len != end && change_tail(skb, end, 0))
		return TC_ACT_SHOT;
	if (padding && change_tail(skb, end + padding, 0))
		return TC_ACT_SHOT;
	__s32 difference = (__s32)header - (__s32)message.header;
	if (difference && adjust_room(skb, difference, BPF_ADJ_ROOM_NET, 0))
		return TC_ACT_SHOT;
	if (write_ip(skb, &packet, &new))
		return TC_ACT_SHOT;
	// From UDP's header on, as many bytes as there are now before the data.
	long failed;
	if (header == CHANNEL_HEADER)
		failed = store_bytes(skb, packet.udp_at, &new.udp, sizeof(new.udp) + CHANNEL_HEADER, BPF_F_RECOMPUTE_CSUM);
	else if (header == INDICATION_IPV4)
		failed = store_bytes(skb, packet.udp_at, &new.udp, sizeof(new.udp) + INDICATION_IPV4, BPF_F_RECOMPUTE_CSUM);
	else if (header == INDICATION_IPV6)
		failed = store_bytes(skb, packet.udp_at, &new.udp, sizeof(new.udp) + INDICATION_IPV6, BPF_F_RECOMPUTE_CSUM);
	else
		failed = store_bytes(skb, packet.udp_at, &new.udp, sizeof(new.udp), BPF_F_RECOMPUTE_CSUM);
	if (failed)
		return TC_ACT_SHOT;
	count(rule, message.data);
	if (is_between)
		count(last, message.data);
	return redirect_neigh(last->ifindex, 0, 0, 0);
}

char licence[] SECTION("license") = "Dual MIT/GPL";
