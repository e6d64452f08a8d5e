import KESProtocol

/// `GET /v1/identity/list/<pattern>`; the admin is in the list.
enum ListIdentitiesRoute: ImmediateRoute {
    static let route = Route(.listIdentities, takesNoArgument: true, .immediate(Self.self))

    static func answer(_ call: Call, in service: KESService) throws(KESFault) -> ServiceAnswer {
        let (names, continueAt) = try call.listPattern().page(of: call.state.access.identities)
        return ServiceAnswer(ListResponse(.identities, names: names, continueAt: continueAt))
    }
}
