public import Primitives

extension TURNClient {
    /// Sends to a peer: by its channel, or by a Send indication (RFC 8656 section 11.1) once there is a permission for its
    /// host, which is asked for. Until then a few packets wait.
    public mutating func send(_ bytes: [UInt8], to peer: SocketAddress, now: Instant) {
        guard relayed.contains(where: { $0.ip.isV6 == peer.ip.isV6 }), bytes.count <= 0xff00 else { return }
        permissions[peer.ip]?.lastUse = now
        if let channel = channels[peer], let expires = channel.expires, expires > now {
            packets.append(ChannelData(channel: channel.number, payload: bytes).encoded)
            return
        }
        switch permissions[peer.ip]?.state {
        case .granted(let until) where until > now: return indicate(bytes, to: peer)
        case .refused(let until) where until > now: return
        case .asked: break
        case nil, .granted, .refused:
            guard permissions[peer.ip] != nil || permissions.count < configuration.maximumPermissions else { return }
            permissions[peer.ip] = TURNPermission(lastUse: now)
            request(.permission(peer.ip), now)
        }
        if held.count >= configuration.maximumHeld { held.removeFirst() }
        held.append((peer, bytes))
    }

    /// Media is to flow to the peer: binds a channel, which is kept until `release`.
    /// - Returns: its number, when it may be used already; else a `channel` event says so.
    public mutating func bind(_ peer: SocketAddress, now: Instant) -> UInt16? {
        guard relayed.contains(where: { $0.ip.isV6 == peer.ip.isV6 }) else { return nil }
        if let channel = channels[peer] {
            channels[peer]?.isWanted = true
            if let expires = channel.expires, expires > now { return channel.number }
            if !channel.isAsked {
                channels[peer]?.isAsked = true
                request(.channel(peer, channel.number), now)
            }
            return nil
        }
        guard channels.count < configuration.maximumChannels, let number = freeChannel() else { return nil }
        channels[peer] = TURNChannel(number: number)
        channelPeers[number] = peer
        request(.channel(peer, number), now)
        tendNoLater(than: now + configuration.useLifetime)
        return nil
    }

    /// No media goes to the peer any more: its channel is left to expire.
    public mutating func release(_ peer: SocketAddress) { channels[peer]?.isWanted = false }

    private mutating func freeChannel() -> UInt16? {
        for _ in ChannelData.numbers {
            let number = nextChannel
            nextChannel = number < ChannelData.numbers.upperBound ? number + 1 : ChannelData.numbers.lowerBound
            if channelPeers[number] == nil { return number }
        }
        return nil
    }

    private mutating func indicate(_ bytes: [UInt8], to peer: SocketAddress) {
        let id = STUNTransactionID.random(entropy)
        let message = STUNMessage(
            .indication, method: TURN.send, id, [.peerAddress(peer, id), .payload(bytes)])
        packets.append(message.encoded(key: nil, hashing: hashing, fingerprint: false))
    }

    // MARK: Answers

    mutating func permit(_ ip: IPAddress, _ now: Instant) {
        guard permissions[ip] != nil else { return }
        let until = now + configuration.permissionLifetime
        permissions[ip]?.state = .granted(until: until)
        permissions[ip]?.isRenewing = false
        tendNoLater(than: until - configuration.renewalMargin)
        let waiting = held.filter { $0.peer.ip == ip }
        held.removeAll { $0.peer.ip == ip }
        for packet in waiting { indicate(packet.bytes, to: packet.peer) }
    }

    mutating func forbid(_ ip: IPAddress, _ now: Instant) {
        held.removeAll { $0.peer.ip == ip }
        let until = now + configuration.refusalLifetime
        permissions[ip]?.state = .refused(until: until)
        permissions[ip]?.isRenewing = false
        tendNoLater(than: until)
    }

    /// A channel was bound, or bound anew, which counts for the permission as well (RFC 8656 section 12).
    mutating func bound(_ peer: SocketAddress, _ now: Instant) {
        guard let channel = channels[peer] else { return }
        channels[peer]?.expires = now + configuration.channelLifetime
        channels[peer]?.isAsked = false
        if permissions[peer.ip] == nil { permissions[peer.ip] = TURNPermission(lastUse: now) }
        permit(peer.ip, now)
        if channel.expires == nil { events.append(.channel(channel.number, peer)) }
    }

    mutating func unbound(_ peer: SocketAddress, _ now: Instant) {
        guard let channel = channels[peer] else { return }
        channels[peer]?.isAsked = false
        if channel.expires == nil {
            channels[peer] = nil
            channelPeers[channel.number] = nil
            events.append(.refused(peer))
        }
    }

    // MARK: Renewal

    private mutating func tendNoLater(than time: Instant) { nextTending = min(nextTending ?? time, time) }

    /// Renews what is in use and near its end, and forgets what is over.
    mutating func tend(_ now: Instant) {
        guard let due = nextTending, due <= now else { return }
        nextTending = nil
        tendChannels(now)
        tendPermissions(now)
        if !(channels.isEmpty && permissions.isEmpty) { tendNoLater(than: now + configuration.useLifetime / 2) }
    }

    private mutating func tendChannels(_ now: Instant) {
        for (peer, channel) in channels.sorted(by: { $0.value.number < $1.value.number }) {
            guard let expires = channel.expires else { continue }
            if expires + configuration.permissionLifetime <= now {
                channels[peer] = nil
                channelPeers[channel.number] = nil
            } else if channel.isWanted, !channel.isAsked {
                // It carries the permission along, which ends sooner than the channel.
                let permission = permissions[peer.ip]?.state
                var next = expires
                if case .granted(let until) = permission { next = min(next, until) }
                guard next - configuration.renewalMargin <= now else { continue }
                channels[peer]?.isAsked = true
                request(.channel(peer, channel.number), now)
            }
        }
    }

    private mutating func tendPermissions(_ now: Instant) {
        for (ip, permission) in permissions {
            switch permission.state {
            case .asked: break
            case .refused(let until): if until <= now { permissions[ip] = nil }
            case .granted(let until):
                let isUsed = permission.lastUse + configuration.useLifetime > now
                if until <= now {
                    permissions[ip] = nil
                } else if isUsed, !permission.isRenewing, until - configuration.renewalMargin <= now {
                    permissions[ip]?.isRenewing = true
                    request(.permission(ip), now)
                }
            }
        }
    }
}
