// Of a connector's page, in their order.
export const TABS = ["overview", "lag", "snapshot", "events", "doctor", "config"];
