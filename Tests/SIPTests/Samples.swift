import SIP

/// Messages as phones send them.
enum Samples {
    static func text(_ lines: [String], body: String = "") -> [UInt8] {
        Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
    }

    static let invite = text(
        [
            "INVITE sip:d%65mo@127.0.0.1:5060;gr=A%20b SIP/2.0",
            "Via: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bKabc;rport, SIP/2.0/TCP phone.example.org;branch=z9hG4bKdef",
            "Max-Forwards: 70",
            "f: \"Al \\\"ice\\\"\" <sip:alice@example.org>;tag=1928301774",
            "t: <sip:demo@127.0.0.1>",
            "i: a84b4c76e66710@pc33@example.org",
            "CSeq: 314159 INVITE",
            "m: <sip:alice@192.0.2.1:5062;transport=udp>;+sip.instance=\"<urn:uuid:1;2>\";expires=60",
            "Record-Route: <sip:p1.example.org;lr>,<sip:p2.example.org;lr>",
            "Allow: INVITE, ACK,MESSAGE",
            "Accept: application/sdp, Text/Plain;charset=utf-8",
            "k: Timer, 100rel",
            "Subject: one",
            "  two",
            "X-Empty:",
            "c: application/sdp",
            "l: 5",
        ], body: "v=0\r\nand more")

    static let subscribe = text([
        "SUBSCRIBE sip:demo@[::1]:5060;transport=TCP SIP/2.0",
        "Via: SIP/2.0/TCP [2001:db8::1]:5060;branch=z9hG4bKsub",
        "From: sip:bob@example.org;tag=77",
        "To: Demo Room <sip:demo@[::1]>;tag=88",
        "Call-ID: 1",
        "CSeq: 2 SUBSCRIBE",
        "Contact: <sip:bob@[2001:db8::1]>",
        "o: conference;id=7",
        "Expires: 600",
        "Content-Length: 0",
    ])

    static let ringing = text([
        "SIP/2.0 180 Ringing all day",
        "Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKxyz;received=127.0.0.1;rport=5060",
        "From: <tel:+4930123456;phone-context=example.org>;tag=a",
        "To: <sip:demo@127.0.0.1>;tag=b",
        "Call-ID: 2@x",
        "CSeq: 1 INVITE",
        "Contact: *",
    ])

    static let all = [invite, subscribe, ringing]
}
