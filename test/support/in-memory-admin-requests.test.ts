import { describeAdminRequestStore } from "./admin-request-store-contract.ts";
import { createInMemoryAdminRequests } from "./in-memory-admin-requests.ts";

describeAdminRequestStore("admin requests in memory", async () => ({ store: createInMemoryAdminRequests(), close: async () => {} }));
