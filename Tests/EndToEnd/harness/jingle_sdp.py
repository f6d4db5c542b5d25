"""Jingle <-> SDP, and the checks that Conversations applies to what it receives."""
import uuid
import xml.etree.ElementTree as ET

NS = dict(
    jingle='urn:xmpp:jingle:1', jmi='urn:xmpp:jingle-message:0', rtp='urn:xmpp:jingle:apps:rtp:1',
    info='urn:xmpp:jingle:apps:rtp:info:1', ice='urn:xmpp:jingle:transports:ice-udp:1',
    dtls='urn:xmpp:jingle:apps:dtls:0', group='urn:xmpp:jingle:apps:grouping:0',
    hdr='urn:xmpp:jingle:apps:rtp:rtp-hdrext:0', fb='urn:xmpp:jingle:apps:rtp:rtcp-fb:0',
    ssma='urn:xmpp:jingle:apps:rtp:ssma:0', errors='urn:xmpp:jingle:errors:1',
    iceopt='http://gultsch.de/xmpp/drafts/jingle/transports/ice-udp/option',
    coin='urn:xmpp:coin:1', confinfo='urn:ietf:params:xml:ns:conference-info',
    hints='urn:xmpp:hints', receipts='urn:xmpp:receipts', muc='http://jabber.org/protocol/muc',
    mucuser='http://jabber.org/protocol/muc#user', extdisco='urn:xmpp:extdisco:2',
    stanzas='urn:ietf:params:xml:ns:xmpp-stanzas', caps='http://jabber.org/protocol/caps')

FEATURES = [NS['jingle'], NS['jmi'], NS['rtp'], 'urn:xmpp:jingle:apps:rtp:audio',
            'urn:xmpp:jingle:apps:rtp:video', NS['ice'], NS['dtls'], NS['group'], NS['hdr'],
            NS['fb'], NS['ssma'], NS['coin'], NS['receipts'], 'urn:ietf:rfc:3264']

# Offered by libwebrtc (hence Conversations) beside what aiortc can do; a peer must
# not choose these as its only answer.
EXTRA_PT = [('63', 'red', '48000', '2', [('', '111/111')]), ('13', 'CN', '8000', None, []),
            ('110', 'telephone-event', '48000', None, []), ('126', 'telephone-event', '8000', None, [])]


def q(ns, tag):
    return '{%s}%s' % (NS[ns], tag)


def local(el):
    return el.tag.rsplit('}', 1)[-1]


def ns_of(el):
    return el.tag[1:].split('}')[0] if el.tag.startswith('{') else ''



def parse_sdp(sdp):
    """-> {'attrs': [(k, v)], 'media': [{'kind', 'fmts', 'attrs'}]}"""
    s = dict(attrs=[], media=[])
    cur = s
    for line in sdp.replace('\r', '').split('\n'):
        if line.startswith('m='):
            p = line[2:].split()
            cur = dict(kind=p[0], port=p[1], proto=p[2], fmts=p[3:], attrs=[])
            s['media'].append(cur)
        elif line.startswith('a='):
            k, _, v = line[2:].partition(':')
            cur['attrs'].append((k, v))
    return s


def attr(sec, key, default=None):
    return next((v for k, v in sec['attrs'] if k == key), default)


def senders_of(m, initiator):
    keys = {k for k, _ in m['attrs']}
    mine, other = ('initiator', 'responder') if initiator else ('responder', 'initiator')
    return 'none' if 'inactive' in keys else mine if 'sendonly' in keys else \
        other if 'recvonly' in keys else 'both'


def candidate_el(line, net='0'):
    """'1 1 udp 2130706431 10.0.0.1 5000 typ host ...' -> <candidate/>"""
    p = line.split()
    extra = dict(zip(p[6::2], p[7::2]))
    el = ET.Element(q('ice', 'candidate'), dict(
        component=p[1], foundation=p[0], generation=extra.get('generation', '0'),
        id=str(uuid.uuid4()), ip=p[4], port=p[5], priority=p[3], protocol=p[2].lower(),
        type=extra.get('typ', 'host'), network=net))
    for k, a in (('raddr', 'rel-addr'), ('rport', 'rel-port'), ('tcptype', 'tcptype')):
        if k in extra:
            el.set(a, extra[k])
    return el


def candidate_line(el):
    c = '%s %s %s %s %s %s typ %s' % tuple(el.get(k) for k in (
        'foundation', 'component', 'protocol', 'priority', 'ip', 'port', 'type'))
    if el.get('rel-addr'):
        c += ' raddr %s rport %s' % (el.get('rel-addr'), el.get('rel-port', '0'))
    if el.get('tcptype'):
        c += ' tcptype ' + el.get('tcptype')
    return c + ' generation ' + el.get('generation', '0')


def sdp_to_jingle(sdp, action, sid, initiator, responder=None, is_initiator=True,
                  candidates=True, extras=True):
    """Our own description as a <jingle/> element, and the list of
    (content name, ufrag, pwd, candidate element) for transport-info."""
    s = parse_sdp(sdp)
    j = ET.Element(q('jingle', 'jingle'), action=action, sid=sid)
    j.set('initiator', str(initiator))
    if responder:
        j.set('responder', str(responder))
    cands = []
    grp = attr(s, 'group')
    if grp:
        sem, *names = grp.split()
        g = ET.SubElement(j, q('group', 'group'), semantics=sem)
        for n in names:
            ET.SubElement(g, q('group', 'content'), name=n)
    for m in s['media']:
        mid = attr(m, 'mid')
        c = ET.SubElement(j, q('jingle', 'content'), creator='initiator', name=mid,
                          senders=senders_of(m, is_initiator))
        d = ET.SubElement(c, q('rtp', 'description'), media=m['kind'])
        fmtp, fbs = {}, {}
        for k, v in m['attrs']:
            if k in ('fmtp', 'rtcp-fb'):
                pt, _, rest = v.partition(' ')
                (fmtp if k == 'fmtp' else fbs).setdefault(pt, []).append(rest)
        offered = []
        for k, v in m['attrs']:
            if k != 'rtpmap':
                continue
            pt, enc = v.split(' ', 1)
            name, clock, *ch = enc.split('/')
            offered.append(name.lower())
            e = ET.SubElement(d, q('rtp', 'payload-type'), id=pt, name=name, clockrate=clock)
            if ch and ch[0] != '1':
                e.set('channels', ch[0])
            params = [p.strip().partition('=') for f in fmtp.get(pt, []) for p in f.split(';') if p.strip()]
            if extras and name.lower() == 'opus' and not params:
                params = [('minptime', '=', '10'), ('useinbandfec', '=', '1')]
                fbs.setdefault(pt, ['transport-cc'] if is_initiator else [])
            for a, eq, b in params:
                ET.SubElement(e, q('rtp', 'parameter'), name=a if eq else '', value=b if eq else a)
            for f in fbs.get(pt, []):
                t, _, sub = f.partition(' ')
                if t == 'trr-int':
                    ET.SubElement(e, q('fb', 'rtcp-fb-trr-int'), value=sub)
                else:
                    x = ET.SubElement(e, q('fb', 'rtcp-fb'), type=t)
                    if sub:
                        x.set('subtype', sub)
        if extras and is_initiator and m['kind'] == 'audio' and 'opus' in offered:
            have = {(e.get('name').lower(), e.get('clockrate')) for e in d.findall(q('rtp', 'payload-type'))}
            for pt, name, clock, ch, params in EXTRA_PT:
                if (name.lower(), clock) in have:
                    continue
                e = ET.SubElement(d, q('rtp', 'payload-type'), id=pt, name=name, clockrate=clock)
                if ch:
                    e.set('channels', ch)
                for a, b in params:
                    ET.SubElement(e, q('rtp', 'parameter'), name=a, value=b)
        for k, v in m['attrs']:
            if k == 'extmap':
                i, uri = v.split()[:2]
                e = ET.SubElement(d, q('hdr', 'rtp-hdrext'), id=i.split('/')[0], uri=uri)
        srcs = {}
        for k, v in m['attrs']:
            if k == 'ssrc':
                ssrc, _, rest = v.partition(' ')
                a, _, b = rest.partition(':')
                if ssrc not in srcs:
                    srcs[ssrc] = ET.SubElement(d, q('ssma', 'source'), ssrc=ssrc)
                x = ET.SubElement(srcs[ssrc], q('ssma', 'parameter'), name=a)
                if b:
                    x.set('value', b)
            elif k == 'ssrc-group':
                sem, *ids = v.split()
                g = ET.SubElement(d, q('ssma', 'ssrc-group'), semantics=sem)
                for i in ids:
                    ET.SubElement(g, q('ssma', 'source'), ssrc=i)
        if attr(m, 'rtcp-mux') is not None:
            ET.SubElement(d, q('rtp', 'rtcp-mux'))
        ufrag, pwd = (attr(m, k) or attr(s, k) for k in ('ice-ufrag', 'ice-pwd'))
        t = ET.SubElement(c, q('ice', 'transport'), ufrag=ufrag, pwd=pwd)
        fps = [v for k, v in m['attrs'] + s['attrs'] if k == 'fingerprint']
        fp = next((f for f in fps if f.lower().startswith('sha-256 ')), fps[0] if fps else None)
        if fp:
            h, val = fp.split(' ', 1)
            e = ET.SubElement(t, q('dtls', 'fingerprint'), hash=h, setup=attr(m, 'setup') or attr(s, 'setup'))
            e.text = val
        ET.SubElement(t, q('iceopt', 'trickle'))
        for k, v in m['attrs']:
            if k == 'candidate':
                el = candidate_el(v)
                if candidates:
                    t.append(el)
                cands.append((mid, ufrag, pwd, el))
    return j, cands


def jingle_to_sdp(j, from_initiator, order=None):
    """The peer's <jingle/> as SDP text.  order: content names, the m-line order of
    our offer when this is an answer."""
    cs = {c.get('name'): c for c in j.findall(q('jingle', 'content'))}
    names = [n for n in (order or cs)]
    out = ['v=0', 'o=- 8770656990916039506 2 IN IP4 127.0.0.1', 's=-', 't=0 0']
    g = j.find(q('group', 'group'))
    if g is not None:
        out.append('a=group:%s %s' % (g.get('semantics'), ' '.join(x.get('name') for x in g)))
    out.append('a=msid-semantic: WMS my-media-stream')
    for n in names:
        c = cs[n]
        d, t = c.find(q('rtp', 'description')), c.find(q('ice', 'transport'))
        pts = d.findall(q('rtp', 'payload-type'))
        out.append('m=%s 9 UDP/TLS/RTP/SAVPF %s' % (d.get('media'), ' '.join(p.get('id') for p in pts)))
        out += ['c=IN IP4 0.0.0.0', 'a=mid:' + n]
        out += ['a=ice-ufrag:' + t.get('ufrag', ''), 'a=ice-pwd:' + t.get('pwd', ''), 'a=ice-options:trickle']
        fp = t.find(q('dtls', 'fingerprint'))
        if fp is not None:
            out += ['a=fingerprint:%s %s' % (fp.get('hash'), (fp.text or '').strip()),
                    'a=setup:' + fp.get('setup', 'actpass')]
        if t.find(q('ice', 'ice-lite')) is not None:
            out.insert(4, 'a=ice-lite')
        snd = c.get('senders', 'both')
        mine = 'initiator' if from_initiator else 'responder'
        out.append('a=' + {'both': 'sendrecv', 'none': 'inactive'}.get(
            snd, 'sendonly' if snd == mine else 'recvonly'))
        for p in pts:
            i = p.get('id')
            ch = p.get('channels', '1')
            if p.get('name'):
                out.append('a=rtpmap:%s %s/%s%s' % (i, p.get('name'), p.get('clockrate', '8000'),
                                                    '' if ch == '1' else '/' + ch))
            ps = ['%s=%s' % (x.get('name'), x.get('value')) if x.get('name') else x.get('value', '')
                  for x in p.findall(q('rtp', 'parameter'))]
            if ps:
                out.append('a=fmtp:%s %s' % (i, ';'.join(ps)))
            out += ['a=rtcp-fb:%s %s%s' % (i, x.get('type'), ' ' + x.get('subtype') if x.get('subtype') else '')
                    for x in p.findall(q('fb', 'rtcp-fb'))]
        for x in d.findall(q('hdr', 'rtp-hdrext')):
            out.append('a=extmap:%s %s' % (x.get('id'), x.get('uri')))
        for x in d.findall(q('ssma', 'ssrc-group')):
            out.append('a=ssrc-group:%s %s' % (x.get('semantics'), ' '.join(y.get('ssrc') for y in x)))
        for x in d.findall(q('ssma', 'source')):
            for y in x.findall(q('ssma', 'parameter')):
                out.append('a=ssrc:%s %s%s' % (x.get('ssrc'), y.get('name'),
                                               ':' + y.get('value') if y.get('value') else ''))
        if d.find(q('rtp', 'rtcp-mux')) is not None or g is not None:
            out.append('a=rtcp-mux')
        out.append('a=rtcp:9 IN IP4 0.0.0.0')
        out += ['a=candidate:' + candidate_line(x) for x in t.findall(q('ice', 'candidate'))
                if x.get('protocol', '').lower() == 'udp']
    return '\r\n'.join(out) + '\r\n'


def check_description(j, action, our_names=None, media=None):
    """What Conversations (RtpContentMap, SessionDescription, JingleRtpConnection)
    would refuse in a session-initiate or session-accept.  -> list of str"""
    bad = []
    cs = j.findall(q('jingle', 'content'))
    if not cs:
        return ['no <content/>']
    ws = lambda v: v is None or v == '' or any(ch.isspace() for ch in v)
    for c in cs:
        n = c.get('name')
        if ws(n):
            bad.append('content name missing or with whitespace: %r' % n)
        if c.get('creator') != 'initiator':
            bad.append('content %s: creator is %r, not initiator' % (n, c.get('creator')))
        d, t = c.find(q('rtp', 'description')), c.find(q('ice', 'transport'))
        if d is None:
            bad.append('content %s lacks an RTP description' % n); continue
        if t is None:
            bad.append('content %s lacks an ice-udp transport' % n); continue
        for k in ('ufrag', 'pwd'):
            if ws(t.get(k)):
                bad.append('content %s: transport without %s' % (n, k))
        fp = t.find(q('dtls', 'fingerprint'))
        if fp is None or ws((fp.text or '').strip()) or not fp.get('hash'):
            bad.append('content %s: DTLS-SRTP (XEP-0320) fingerprint missing' % n)
        elif fp.get('setup') not in ('active', 'passive', 'actpass'):
            bad.append('content %s: fingerprint setup is %r' % (n, fp.get('setup')))
        elif action == 'session-initiate' and fp.get('setup') != 'actpass':
            bad.append('content %s: initiator must offer setup=actpass, not %s' % (n, fp.get('setup')))
        elif action == 'session-accept' and fp.get('setup') == 'actpass':
            bad.append('content %s: setup=actpass in an answer' % n)
        pts = d.findall(q('rtp', 'payload-type'))
        if not pts:
            bad.append('content %s: no payload types' % n)
        for p in pts:
            if not (p.get('id') or '').isdigit():
                bad.append('content %s: payload-type id %r' % (n, p.get('id')))
            if ws(p.get('name')):
                bad.append('content %s: payload-type %s without name' % (n, p.get('id')))
            if not (p.get('clockrate') or '').isdigit():
                bad.append('content %s: payload-type %s without clockrate' % (n, p.get('id')))
            for x in p.findall(q('rtp', 'parameter')):
                if ws(x.get('value')):
                    bad.append('content %s: parameter %s with whitespace or without value' % (n, x.get('name')))
        for x in d.findall(q('ssma', 'source')):
            if not x.get('ssrc'):
                bad.append('content %s: source without ssrc' % n)
            for y in x.findall(q('ssma', 'parameter')):
                if not y.get('name') or not y.get('value'):
                    bad.append('content %s: source parameter without name or value' % n)
        if d.find(q('rtp', 'rtcp-mux')) is None and j.find(q('group', 'group')) is None:
            bad.append('content %s: no rtcp-mux (libwebrtc requires it)' % n)
        for x in t.findall(q('ice', 'candidate')):
            needed = ('foundation', 'component', 'protocol', 'priority', 'ip', 'port', 'type')
            miss = [k for k in needed if not x.get(k)]
            if miss:
                bad.append('content %s: candidate without %s' % (n, ','.join(miss)))
    kinds = {c.find(q('rtp', 'description')).get('media') for c in cs if c.find(q('rtp', 'description')) is not None}
    if media is not None and kinds != set(media):
        bad.append('media %s, but %s was agreed' % (sorted(kinds), sorted(media)))
    names = [c.get('name') for c in cs]
    if our_names is not None and names != our_names:
        bad.append('content names %s do not match our offer %s' % (names, our_names))
    g = j.find(q('group', 'group'))
    if g is not None:
        gn = [x.get('name') for x in g]
        if not set(gn) <= set(names):
            bad.append('group names unknown contents: %s' % gn)
    return bad


def describe(j):
    """Short summary of a description for the log."""
    r = []
    for c in j.findall(q('jingle', 'content')):
        d, t = c.find(q('rtp', 'description')), c.find(q('ice', 'transport'))
        e = dict(name=c.get('name'), senders=c.get('senders', 'both'))
        if d is not None:
            e['media'] = d.get('media')
            e['codecs'] = ['%s:%s/%s' % (p.get('id'), p.get('name'), p.get('clockrate'))
                           for p in d.findall(q('rtp', 'payload-type'))]
        if t is not None:
            fp = t.find(q('dtls', 'fingerprint'))
            e['setup'] = fp.get('setup') if fp is not None else None
            e['candidates'] = ['%s:%s/%s' % (x.get('ip'), x.get('port'), x.get('type'))
                               for x in t.findall(q('ice', 'candidate'))]
        r.append(e)
    return r

