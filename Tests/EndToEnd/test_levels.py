"""Who is heard, as packets tell it (RFC 3550, RFC 6465), is who the documents say it is (RFC 4575 `src-id`)."""
from harness.conference_info import by_sip
from harness.expectations import eventually
from harness.rtp import RTPStream
from harness.sip_phone import Call, sdp

MIXED, OWN = 'urn:ietf:params:rtp-hdrext:csrc-audio-level', 'urn:ietf:params:rtp-hdrext:ssrc-audio-level'


async def call_with_levels(phone, uri):
    call = Call(phone, RTPStream('PCMU', phone.ip, None, -90.0), 'PCMU')
    body = sdp(phone.ip, call.rtp.port) + 'a=extmap:1 %s\r\na=extmap:3 %s\r\n' % (OWN, MIXED)
    request = phone.invitation(uri, body)
    call.begin(request)
    call.confirm(await phone.transact(request))
    call.acknowledge()
    call.media(call.response.body)
    return call


async def test_the_levels_are_those_of_the_sources_in_the_document(phone, room):
    uri = 'sip:%s@127.0.0.1' % room
    talker, listener = await phone('talker', display='Talker'), await phone('listener')
    talking = await talker.call(uri, tone=500)
    listening = await call_with_levels(listener, uri)
    assert 'a=extmap:3' in listening.response.body and MIXED in listening.response.body
    await listener.subscribe(uri, call=listening)
    state = by_sip(listener)

    def source():
        users = [u for u in state.look().users.values() if u['name'] == 'Talker']
        return list(users[0]['endpoints'].values())[0]['source'] if users else None
    await eventually(source, 10)
    assert source() == talking.rtp.ssrc
    await eventually(lambda: [s for s, _ in listening.rtp.extensions if s], 10)

    def levels():
        """Of the last packet with sources: {source: -dBov}"""
        sources, extension = [e for e in listening.rtp.extensions if e[0]][-1]
        assert extension[:2] == b'\xbe\xde' and extension[4] >> 4 == 3
        count = (extension[4] & 15) + 1
        assert count == len(sources), 'as many levels as sources'
        return dict(zip(sources, extension[5:5 + count]))
    await eventually(lambda: levels().get(source(), 127) < 30, 10, lambda: levels())
    assert set(levels()) == {talking.rtp.ssrc}
