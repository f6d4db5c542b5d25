import Conference
import Jingle
import SIP
import Testing

@testable import Signalling

/// Why calls end, from one side to the other: each row of the tables of both directions.
@Suite struct EndReasonTests {
    private func response(_ status: Int, _ reason: String? = nil, phrase: String? = nil) -> SIPMessage {
        let from = NameAddress(SIPURI(user: "a", host: "a.example"))
        let request = SIPMessage(
            .invite, SIPURI(user: "b", host: "b.example"), from: from, to: from, callID: "1", sequence: 1)
        var response = request.response(status, phrase)
        response.set("Reason", reason)
        return response
    }

    /// What a Jingle caller hears of a SIP callee's response.
    private func told(_ status: Int, _ reason: String? = nil) -> JingleReason {
        EndReason(response(status, reason)).jingle(isActive: true, isOutgoing: false)
    }

    /// What a SIP caller hears of a Jingle callee's reason.
    private func status(_ condition: JingleReason.Condition) -> Int {
        EndReason(JingleReason(condition), isActive: false, isOutgoing: true).status
    }

    @Test(arguments: [
        (486, JingleReason.Condition.busy), (600, .busy), (603, .decline), (607, .decline), (403, .decline),
        (408, .timeout), (480, .timeout), (504, .timeout), (404, .gone), (410, .gone), (484, .gone), (604, .gone),
        (485, .gone), (415, .incompatibleParameters), (488, .incompatibleParameters), (606, .incompatibleParameters),
        (500, .generalError), (502, .generalError), (503, .generalError), (482, .generalError), (302, .generalError),
        (400, .generalError), (699, .generalError),
    ])
    func aResponseHasItsReasonAndWords(status: Int, condition: JingleReason.Condition) {
        let reason = told(status)
        #expect(reason.condition == condition)
        #expect((reason.text?.count ?? 0) > 4)
    }

    @Test func aCancelledCallHasNoOtherReason() {
        #expect(EndReason(response(487)) == .cancelled)
        #expect(EndReason.cancelled.jingle(isActive: false, isOutgoing: true).condition == .cancel)
        #expect(EndReason.hangup.jingle(isActive: true, isOutgoing: true).condition == .success)
    }

    @Test(arguments: [
        (JingleReason.Condition.busy, 486), (.decline, 603), (.timeout, 480), (.expired, 480), (.gone, 480),
        (.unsupportedApplications, 488), (.unsupportedTransports, 488), (.incompatibleParameters, 488),
        (.mediaError, 488), (.securityError, 488), (.failedApplication, 500), (.failedTransport, 500),
        (.connectivityError, 500), (.generalError, 500), (.alternativeSession, 500), (.cancel, 487),
    ])
    func aReasonHasItsResponse(condition: JingleReason.Condition, expected: Int) {
        #expect(status(condition) == expected)
    }

    @Test func aCallThatWasUpEndsAsCallsDo() {
        for condition in [JingleReason.Condition.success, .timeout, .expired, .cancel] {
            #expect(EndReason(JingleReason(condition), isActive: true, isOutgoing: true) == .hangup)
        }
        #expect(EndReason.hangup.reasonHeader == nil && EndReason.cancelled.reasonHeader == nil)
        #expect(EndReason.busy.reasonHeader?.value == "SIP;cause=486;text=\"Busy Here\"")
    }

    @Test(arguments: [
        (480, 20, EndReason.unavailable), (480, 17, .busy), (500, 1, .notFound), (503, 28, .notFound),
        (480, 18, .noAnswer),
        (500, 21, .declined), (500, 57, .forbidden), (500, 88, .incompatible), (480, 16, .noAnswer), (486, 1, .busy),
    ])
    func theCauseOfTheTelephoneNetworkTellsMoreThanAVagueStatus(status: Int, cause: Int, expected: EndReason) {
        #expect(EndReason(response(status, "SIP;cause=\(status), Q.850 ;cause=\(cause)")) == expected)
    }

    @Test func theCauseAndWhatIsSaidAreInTheWords() {
        #expect(
            told(503, "Q.850;cause=34;text=\"no circuit\"").text
                == "All lines of the telephone network are in use (503 Service Unavailable)")
        #expect(
            told(500, "Q.850;cause=111;text=\"protocol \\\"error\\\"\"").text?.hasPrefix("protocol \"error\" (500")
                == true)
        #expect(told(500, "SIP;cause=500;text=\"Out of credit\"").text?.hasPrefix("Out of credit (500") == true)
        #expect(told(503).text == "The other side cannot place calls for the moment (503 Service Unavailable)")
        let long = String(repeating: "x", count: 5000)
        #expect((told(500, "Q.850;cause=111;text=\"\(long)\"").text?.count ?? 0) < 250)
    }

    @Test(arguments: [
        "Q.850", "Q.850;cause=", "Q.850;cause=0", "Q.850;cause=128", "Q.850;cause=99999999999999999999", ";;",
    ])
    func aCauseThatIsNoneIsIgnored(reason: String) {
        #expect(Q850Cause(in: response(480, reason)) == nil)
        #expect(EndReason(response(480, reason)) == .noAnswer)
    }

    /// A standard phrase is left where it says it all.
    @Test(arguments: [
        EndReason.connectivity, .noAnswer, .unavailable, .notFound, .forbidden, .incompatible, .insecure, .full,
        .expelled, .ended, .locked, .tooManyHops, .failed(""), .failed("No \"way\""),
    ])
    func whoReadsAResponseOfOursReadsWhy(reason: EndReason) throws {
        let phrase = try #require(reason.phrase)
        #expect(phrase.count > 4 && phrase != SIPStatus.reason(reason.status))
        let header = try #require(reason.reasonHeader)
        let parsed = ParameterizedValue(parsing: header.value)
        #expect(parsed.parameters["cause"] == String(reason.status))
        #expect(parsed.parameters["text"].map { NameAddress.unquoted($0).contains("\"") } == false)
    }

    @Test func aTrunkIsNotBlamedForWhatItsNetworkSaysOfTheCallee() {
        #expect(TrunkFault(response(503, "Q.850;cause=17")) == nil)
        #expect(TrunkFault(response(503, "Q.850;cause=34")) == .refused)
        #expect(TrunkFault(response(486)) == nil)
    }
}
