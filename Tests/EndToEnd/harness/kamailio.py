"""Kamailio as somebody's telephone exchange: asks for passwords, keeps who registers, and puts calls through."""
import glob
import os

from .server import Process, holders, must_be_free, until

CONFIG = '''#!KAMAILIO
debug=1
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
alias="127.0.0.1:5090"
listen=udp:127.0.0.1:5090
listen=tcp:127.0.0.1:5090
mpath="%(modules)s/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "auth.so"
modparam("auth", "algorithm", "%(algorithm)s")

request_route {
    if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
    if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
    if (has_totag()) {
        if (is_method("ACK") && t_check_trans()) { t_relay(); exit; }
        loose_route();
        t_relay();
        exit;
    }
    $var(password) = "secret-" + $au;
    if (is_method("REGISTER")) {
        if (!pv_www_authenticate("127.0.0.1", "$var(password)", "0")) { www_challenge("127.0.0.1", "1"); exit; }
        if ($au != $tU) { sl_send_reply("403", "Forbidden"); exit; }
        save("location");
        exit;
    }
    if (!is_method("INVITE")) { sl_send_reply("405", "Method Not Allowed"); exit; }
    record_route();
    # What our subscribers dial.
    if ($rU =~ "^7") {
        if (!pv_proxy_authenticate("127.0.0.1", "$var(password)", "0")) { proxy_challenge("127.0.0.1", "1"); exit; }
        if ($au != $fU) { sl_send_reply("403", "Forbidden"); exit; }
        consume_credentials();
        $ru = "sip:" + $rU + "@127.0.0.1:5082";
        t_relay();
        exit;
    }
    # Extensions: 81… is all phones of desk1. Those of 89… stop ringing after two seconds.
    if ($rU =~ "^8") {
        if (!pv_proxy_authenticate("127.0.0.1", "$var(password)", "0")) { proxy_challenge("127.0.0.1", "1"); exit; }
        if ($au != $fU) { sl_send_reply("403", "Forbidden"); exit; }
        consume_credentials();
        if ($rU =~ "^89") { t_set_fr("2000"); $rU = "desk1"; } else { $rU = "desk" + $(rU{s.substr,1,1}); }
        if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
        t_relay();
        exit;
    }
    # Numbers of the trunk's; others are subscribers themselves.
    if ($rU =~ "^4930") { $rU = "trunk"; }
    if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
    t_relay();
}
'''


class Kamailio(Process):
    """Any subscriber's password is `secret-` and its name. Numbers that begin with 7 lead to port 5082, with 8 to subscribers."""

    def __init__(self, directory, algorithm='MD5'):
        super().__init__(os.path.join(directory, 'kamailio.log'))
        self.directory, self.algorithm = directory, algorithm

    async def start(self):
        must_be_free([('udp', 5090), ('tcp', 5090)])
        path = os.path.join(self.directory, 'kamailio.cfg')
        with open(path, 'w') as f:
            f.write(CONFIG % {'modules': glob.glob('/usr/lib/*/kamailio/modules')[0], 'algorithm': self.algorithm})
        self.launch('kamailio', '-f', path, '-DD', '-E', '-m', '32', '-M', '4', '-Y', self.directory,
                    '-P', os.path.join(self.directory, 'kamailio.pid'))
        await until(lambda: holders('udp', 5090) or not self.running, 20, lambda: self.output())
        assert self.running, 'Kamailio ended: ' + self.output()
        return self
