import Conference
import XMPP

extension DeliveryFailure {
    init(_ condition: StanzaError.Condition) {
        self = DeliveryFailure(rawValue: condition.rawValue) ?? .undefinedCondition
    }
}

extension StanzaError.Condition {
    init(_ failure: DeliveryFailure) {
        self = StanzaError.Condition(rawValue: failure.rawValue) ?? .undefinedCondition
    }
}
