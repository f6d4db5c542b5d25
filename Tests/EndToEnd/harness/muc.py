"""XMPP users with slixmpp's own MUC and archive plugins, and what they see of a room."""
import xml.etree.ElementTree as ET

from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

USER = '{http://jabber.org/protocol/muc#user}'
OCCUPANT = '{urn:xmpp:occupant-id:0}occupant-id'


def with_plugins(user):
    for plugin in ('xep_0004', 'xep_0059', 'xep_0313', 'xep_0045'):
        user.register_plugin(plugin)
    user.seen = []
    for kind in ('presence', 'message'):
        user.register_handler(Callback('seen-' + kind, MatchXPath('{jabber:client}' + kind),
                                       lambda stanza: user.seen.append(stanza.xml)))
    return user


def muc(user):
    return user.plugin['xep_0045']


async def join(user, room, nick, **kw):
    """-> the own presence"""
    return (await muc(user).join_muc_wait(room, nick, timeout=20, **kw))[0].xml


def codes(stanza):
    return sorted(s.get('code') for s in stanza.iter(USER + 'status'))


def item(stanza):
    return stanza.find('%sx/%sitem' % (USER, USER))


def occupant_id(stanza):
    return stanza.find(OCCUPANT).get('id')


def presences(user, room, nick, kind=None):
    return [x for x in user.seen if x.tag.endswith('}presence') and x.get('from') == '%s/%s' % (room, nick)
            and x.get('type') == kind]


async def configure(user, room, **fields):
    form = await muc(user).get_room_config(room)
    values = form.get_values()
    values.update({'muc#roomconfig_' + k: v for k, v in fields.items()})
    form.set_type('submit')
    form.set_values(values)
    await muc(user).set_room_config(room, form)


async def request(user, to, kind, xml):
    iq = user.make_iq(ito=to, itype=kind)
    iq.append(ET.fromstring(xml))
    return (await iq.send(timeout=20)).xml


async def features(user, room):
    answer = await request(user, room, 'get', "<query xmlns='http://jabber.org/protocol/disco#info'/>")
    return {f.get('var') for f in answer.iter('{http://jabber.org/protocol/disco#info}feature')}


def gateway(phone):
    """A phone's address, as it stands in the lists of a room."""
    user, host = phone.uri[4:].split('@')
    return '%s\\40%s@sip.localhost' % (user, host.replace(':', '\\3a'))
