import Conference
import SIP
import Testing

@testable import Signalling

@Suite struct SIPKeyTests {
    private var house = SIPHouse()
    private var phone = SIPPhone("ann", port: 6001)

    private mutating func info(_ body: String, type: String?) -> SIPMessage? {
        var request = phone.request(.info)
        request.setBody(Array(body.utf8), type: type ?? "text/plain")
        return house.receive(request, from: phone.address).first
    }

    private var keys: [DTMFKey] {
        house.commands.compactMap { if case .legKey(_, let key) = $0 { key } else { nil } }
    }

    @Test(arguments: [
        ("Signal=5\r\nDuration=160\r\n", "application/dtmf-relay", "5"),
        ("Signal= *\r\nDuration= 160", "application/dtmf-relay", "*"),
        ("Duration=250\nsignal=11", "application/dtmf-relay", "#"),
        ("#", "application/dtmf", "#"), ("d\r\n", "application/dtmf", "D"),
    ])
    mutating func aKeyInINFOIsAKey(body: String, type: String, key: Character) {
        house.join(&phone)
        #expect(info(body, type: type)?.status == 200)
        #expect(keys == [DTMFKey(key)].compactMap(\.self))
    }

    @Test(arguments: [
        "", "Signal=", "Signal=Z", "Signal=16", "Signal=-1", "Signal", "=5", "Signal=255", "Signal=999999",
    ])
    mutating func whatIsNoKeyIsRefused(body: String) {
        house.join(&phone)
        #expect(info(body, type: "application/dtmf-relay")?.status == 400)
        #expect(keys.isEmpty)
    }

    @Test mutating func otherINFOIsRefusedWithWhatIsTaken() {
        house.join(&phone)
        let answer = info("x", type: "application/broadsoft")
        #expect(answer?.status == 415)
        #expect(answer?.header("Accept") == "application/dtmf-relay, application/dtmf")
    }

    @Test mutating func keysMuteAndTheRosterSaysSo() {
        house.join(&phone)
        _ = info("Signal=*", type: "application/dtmf-relay")
        _ = info("Signal=6", type: "application/dtmf-relay")
        #expect(house.demo?.participants.first?.endpoints.first?.status == .mutedViaFocus)
    }
}
