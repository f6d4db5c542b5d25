"""A name server for one zone, on loopback."""
import asyncio

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class NameServer(asyncio.DatagramProtocol):
    """`add('pbx.test', 'SRV', '1 0 5060 a.test.')`; what it was asked stands in `asked`; where `silent(name, kind)` holds
    nothing is said."""

    def __init__(self, ip='127.0.0.1', port=15353):
        self.address, self.records, self.asked, self.silent = (ip, port), {}, [], lambda name, kind: False

    def add(self, name, kind, *values):
        self.records[(name, kind)] = values

    async def start(self):
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=self.address)
        return self

    def datagram_received(self, data, source):
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA | dns.flags.RA
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        if self.silent(name, kind):
            return
        values = self.records.get((name, kind))
        if values:
            answer.answer.append(dns.rrset.from_text(question.name, 60, 'IN', kind, *values))
        elif not any(n == name for n, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self.transport.sendto(answer.to_wire(), source)

    def stop(self):
        self.transport.close()
