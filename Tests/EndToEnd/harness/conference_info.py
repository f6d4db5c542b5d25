"""RFC 4575 documents as a subscriber takes them: checked against the schema, version by version, partial onto full."""
import os
import subprocess
import xml.etree.ElementTree as ET

NAMESPACE = 'urn:ietf:params:xml:ns:conference-info'
SCHEMA = os.path.join(os.path.dirname(__file__), '../schemas/conference.xsd')


def validate(document):
    result = subprocess.run(['xmllint', '--nonet', '--noout', '--schema', SCHEMA, '-'], input=document.encode(),
                            capture_output=True)
    assert result.returncode == 0, result.stderr.decode() + document


def n(tag):
    return '{%s}%s' % (NAMESPACE, tag)


class Roster:
    def __init__(self, validated=True):
        self.validated = validated
        self.entity, self.version, self.users, self.count, self.documents = None, None, {}, None, 0
        self.parts, self.details = {}, {}
        """All but the users: the elements of conference-description, host-info and conference-state, by their paths; and what each user is made of."""

    def apply(self, document):
        """Takes a document in; complains where a subscriber would."""
        if self.validated:
            validate(document)
        root = ET.fromstring(document)
        assert root.tag == n('conference-info')
        version, state = int(root.get('version')), root.get('state', 'full')
        if self.version is None:
            assert state == 'full', 'the first document is ' + state
        else:
            assert root.get('entity') == self.entity
            assert state == 'full' and version > self.version or version == self.version + 1, \
                'version %d after %d' % (version, self.version)
        self.entity, self.version, self.documents = root.get('entity'), version, self.documents + 1
        if state == 'full':
            self.users, self.parts, self.details = {}, {}, {}
            assert root.find(n('conference-description')) is not None
            assert root.find(n('users')) is not None
        for part in root:
            if part.tag != n('users'):
                for element in part:
                    self.parts[part.tag, element.tag] = ET.canonicalize(ET.tostring(element, 'unicode'), strip_text=True)
        count = root.find('%s/%s' % (n('conference-state'), n('user-count')))
        if count is not None:
            self.count = int(count.text)
        for user in root.iterfind('%s/%s' % (n('users'), n('user'))):
            self._user(user, state)
        return self

    def _user(self, user, document_state):
        entity, state = user.get('entity'), user.get('state', 'full')
        if state == 'deleted':
            assert self.users.pop(entity, None) is not None, 'deleted, but never told of: ' + entity
            self.details.pop(entity, None)
            return
        if document_state == 'full':
            assert state == 'full' and entity not in self.users
        known = self.users.setdefault(entity, dict(name=None, endpoints={}))
        if state == 'full':
            known['endpoints'] = {}
            self.details[entity] = {}
        details = self.details.setdefault(entity, {})
        for element in user:
            key = element.tag, element.get('entity')
            if element.attrib.pop('state', None) == 'deleted':
                details.pop(key, None)
                element.set('state', 'deleted')
            else:
                details[key] = ET.canonicalize(ET.tostring(element, 'unicode'), strip_text=True)
        name = user.find(n('display-text'))
        if name is not None:
            known['name'] = name.text
        for endpoint in user.iterfind(n('endpoint')):
            if endpoint.get('state') == 'deleted':
                known['endpoints'].pop(endpoint.get('entity'), None)
                continue
            source = endpoint.find('%s/%s' % (n('media'), n('src-id')))
            known['endpoints'][endpoint.get('entity')] = dict(
                status=endpoint.findtext(n('status')), source=int(source.text) if source is not None else None,
                media=endpoint.findtext('%s/%s' % (n('media'), n('status'))))

    def names(self):
        return sorted(u['name'] for u in self.users.values())


class Subscriber:
    """Feeds the documents that a SIP phone or an XMPP client got, each once, into a roster."""

    def __init__(self, documents, validated=True):
        self.documents, self.taken, self.roster = documents, 0, Roster(validated)

    def look(self):
        documents = self.documents()
        for d in documents[self.taken:]:
            self.roster.apply(d)
        self.taken = len(documents)
        return self.roster

    def counts(self, number):
        r = self.look()
        return len(r.users) == number and r.count == number


def by_sip(phone, call_id=None, validated=True):
    return Subscriber(lambda: [m.body for m in phone.notifies
                               if m.body and (call_id is None or m.get('Call-ID') == call_id)], validated)


def by_coin(user, sid=None):
    """COIN carries the session's id in an attribute beyond the schema."""
    def documents():
        out = []
        for e in user.events:
            if e['ev'] == 'conference-info' and e['where'] == 'iq':
                root = ET.fromstring(e['xml'])
                if sid is None or root.get('sid') == sid:
                    root.attrib.pop('sid', None)
                    out.append(ET.tostring(root, 'unicode'))
        return out
    return Subscriber(documents)
