"""Transfers and calls that grow: what phones and clients do in them, and what they are told."""
import xml.etree.ElementTree as ET

from .in_call import TRANSFER
from .sip_phone import parameter


def fragments(phone):
    """What NOTIFYs of REFERs said, in order."""
    return [m.body.split('\r\n')[0] for m in phone.notifies if (m.get('Event') or '').startswith('refer')]


def replaces(call):
    """The dialog of a call, as the one who is to take it over names it to the other end."""
    ours, theirs = parameter(call.local, 'tag'), parameter(call.remote, 'tag')
    return '%s;to-tag=%s;from-tag=%s' % (call.call_id, theirs, ours)


async def refer(leg, target, headers=()):
    """-> the response to a REFER in the dialog of a call"""
    return await leg.ask('REFER', [('Refer-To', target), ('Referred-By', '<%s>' % leg.phone.uri)] + list(headers))


async def refer_beside(leg, target, call_id=None):
    """-> the response to a REFER outside of the dialog of a call, which it names (RFC 4538)"""
    ours, theirs = parameter(leg.local, 'tag'), parameter(leg.remote, 'tag')
    request = leg.phone.request('REFER', leg.target, [
        ('Refer-To', target), ('Require', 'tdialog'),
        ('Target-Dialog', '%s;local-tag=%s;remote-tag=%s' % (call_id or leg.call_id, ours, theirs))])
    leg.phone.subscriptions[request.get('Call-ID')] = request
    return await leg.phone.transact(request)


def transfer(to, sid=None):
    """What a client says that transfers its call (XEP-0251)."""
    return ET.Element('{%s}transfer' % TRANSFER, {k: v for k, v in (('to', to), ('sid', sid)) if v})
