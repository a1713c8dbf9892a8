export interface AwsClientOptions<Service extends string> {
  /** The SDK finds it itself on Lambda. */
  readonly region?: string;
  /** Where a service is found instead of at AWS: on a laptop and in tests. */
  readonly endpoints?: Readonly<Partial<Record<Service, string>>>;
  /** For one attempt, so that a second fits into the limit of a caller's whole call: AWS now and then loses a request without a word. Milliseconds. */
  readonly tryTimeoutMs?: number | undefined;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };
}

/** A lost attempt is made once more. The adapters bound both together, and a job that fails all the same is taken up by the reconciler. */
export const MAX_ATTEMPTS = 2;
/** Far above what a connection within a region takes, far below the 7 s that a delivery has. */
const CONNECT_TIMEOUT_MS = 1_000;
/** For one attempt of clients that were told no other. */
export const TRY_TIMEOUT_MS = 5_000;

/** Settings that every client of the SDK takes. */
export function awsClientSettings<Service extends string>(service: Service, options: AwsClientOptions<Service>) {
  const endpoint = options.endpoints?.[service];
  return {
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: options.tryTimeoutMs ?? TRY_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true },
      httpsAgent: { keepAlive: true },
    },
    ...(options.region !== undefined && { region: options.region }),
    ...(options.credentials && { credentials: options.credentials }),
    // The SDK refuses an own endpoint together with FIPS or dual-stack, which a laptop's environment may ask for.
    ...(endpoint !== undefined && { endpoint, useFipsEndpoint: false, useDualstackEndpoint: false }),
  };
}
