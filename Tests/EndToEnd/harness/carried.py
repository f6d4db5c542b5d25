"""What XMPP messages carry beside their bodies."""
import uuid
import xml.etree.ElementTree as ET

from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

CORRECTION, REACTIONS = 'urn:xmpp:message-correct:0', 'urn:xmpp:reactions:0'
REPLY, FALLBACK, FILE = 'urn:xmpp:reply:0', 'urn:xmpp:fallback:0', 'jabber:x:oob'
RETRACTION, MARKERS = 'urn:xmpp:message-retract:1', 'urn:xmpp:chat-markers:0'
STANZA_IDS, RECEIPTS, OMEMO = 'urn:xmpp:sid:0', 'urn:xmpp:receipts', 'eu.siacs.conversations.axolotl'
ENCRYPTION, MUC_USER, STATES = 'urn:xmpp:eme:0', 'http://jabber.org/protocol/muc#user', 'http://jabber.org/protocol/chatstates'
DELAY = 'urn:xmpp:delay'


def element(namespace_, name_, text=None, *children, **attributes):
    """An attribute that Python has a word for ends in `_`."""
    made = ET.Element('{%s}%s' % (namespace_, name_), {k.rstrip('_'): v for k, v in attributes.items()})
    made.text = text
    made.extend(children)
    return made


class Reader:
    """Every message that a client gets, as XML."""

    def __init__(self, client):
        self.client, self.stanzas = client, []
        client.register_handler(Callback(
            'carried-%s' % id(self), MatchXPath('{jabber:client}message'), lambda m: self.stanzas.append(m.xml)))

    def find(self, **attributes):
        """The messages with these attributes, in order."""
        return [s for s in self.stanzas if all(s.get(k.rstrip('_')) == v for k, v in attributes.items())]

    def by_id(self, wanted):
        return next(iter(self.find(id=wanted)), None)

    def send(self, to, body=None, *children, kind='groupchat'):
        """-> the message's id"""
        message = self.client.make_message(mto=to, mbody=body, mtype=kind)
        message['id'] = 'c-' + uuid.uuid4().hex[:12]
        for child in children:
            message.append(child)
        message.send()
        return message['id']


def body(stanza):
    return stanza.findtext('{jabber:client}body')


def stanza_id(stanza):
    return stanza.find('{%s}stanza-id' % STANZA_IDS).get('id')


def same(a, b):
    """Whether two elements say the same."""
    return (a is not None and a.tag == b.tag and dict(a.attrib) == dict(b.attrib)
            and (a.text or '') == (b.text or '') and len(a) == len(b) and all(same(x, y) for x, y in zip(a, b)))


def carries(stanza, wanted):
    return any(same(e, wanted) for e in stanza.findall(wanted.tag))
