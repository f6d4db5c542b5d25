import Conference
import SIP

/// Status codes of MESSAGE and SUBSCRIBE as conditions, and back (RFC 7247 section 7).
extension DeliveryFailure {
    /// Table 3.
    init(status: Int) {
        self =
            switch status {
            case 301, 410: .gone
            case 380, 406, 415, 416, 421, 482, 483, 488, 505, 606: .notAcceptable
            case 300..<400: .redirect
            case 401: .notAuthorized
            case 403: .forbidden
            case 404, 481, 484, 485, 604: .itemNotFound
            case 405, 420, 439, 501: .featureNotImplemented
            case 407: .registrationRequired
            case 408, 504: .remoteServerTimeout
            case 413, 414, 440, 489, 513: .policyViolation
            case 423: .resourceConstraint
            case 430, 480, 486, 487, 600...699: .recipientUnavailable
            case 491: .unexpectedRequest
            case 502: .remoteServerNotFound
            case 500..<600: .internalServerError
            default: .badRequest
            }
    }

    /// Table 2, as for a device: codes of 6xx would speak for all that a proxy may still try.
    var status: Int {
        switch self {
        case .badRequest, .conflict, .jidMalformed, .subscriptionRequired, .undefinedCondition, .unexpectedRequest: 400
        case .notAuthorized, .forbidden, .notAllowed, .policyViolation, .registrationRequired, .serviceUnavailable: 403
        case .itemNotFound, .remoteServerNotFound: 404
        case .featureNotImplemented: 405
        case .notAcceptable: 406
        case .remoteServerTimeout: 408
        case .gone, .redirect: 410
        case .recipientUnavailable: 480
        case .internalServerError, .resourceConstraint: 500
        }
    }
}

extension String {
    /// As reason phrases are written.
    var withoutFullStop: String { hasSuffix(".") ? String(dropLast()) : self }
}
