/** The bundles that the agent holds: its own trust domain's and those that entries federate with. Filled by sync. */
import type { Bundle } from '../../shared/bundle/bundle.ts';
import { isSameBundle } from '../../shared/bundle/same-bundle.ts';
import { internal } from '../../shared/errors.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { findAuthority } from '../../shared/svid/x509-authority.ts';
import type { Subscription } from './workload-identities.ts';

export class BundleCache {
  #own: Bundle;
  #federated: ReadonlyMap<string, Bundle> = new Map();

  /** Changes with every change of content: a cheap way to see whether there was one. */
  #state = {};
  readonly #watchers = new Set<() => void>();
  #isTelling = false;

  /** `own`: what vouches for servers until the first sync. */
  constructor(own: Bundle) {
    this.#own = own;
  }

  /** The same object for as long as its content is the same; so are those of `find`. */
  get own(): Bundle {
    return this.#own;
  }

  get federated(): readonly Bundle[] {
    return [...this.#federated.values()];
  }

  get state(): object {
    return this.#state;
  }

  find(trustDomain: TrustDomain): Bundle | undefined {
    return trustDomain.equals(this.#own.trustDomain) ? this.#own : this.#federated.get(trustDomain.name);
  }

  /** Calls back at once, and then after every change: once for all that change together. */
  watch(onChange: () => void): Subscription {
    this.#watchers.add(onChange);
    onChange();
    return { close: () => void this.#watchers.delete(onChange) };
  }

  #changed(): void {
    this.#state = {};
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      for (const tell of this.#watchers) tell();
    });
  }

  /** DER of the X.509 authorities; undefined where no bundle is held. */
  authorities(trustDomain: TrustDomain): readonly Uint8Array[] | undefined {
    return this.find(trustDomain)?.x509Authorities.map(({ certificate }) => certificate);
  }

  /** Whether it differs from the one before. Throws on a bundle by which no server could be known again. */
  setOwn(bundle: Bundle): boolean {
    if (!bundle.x509Authorities.some(({ certificate }) => findAuthority(certificate) !== undefined))
      throw internal('server sent a bundle without any X.509 authority that can be read');
    if (isSameBundle(bundle, this.#own)) return false;
    this.#own = bundle;
    this.#changed();
    return true;
  }

  /** Others than these are dropped. */
  setFederated(bundles: readonly Bundle[]): void {
    const before = this.#federated;
    const next = new Map(
      bundles.map((bundle) => {
        const { name } = bundle.trustDomain;
        const held = before.get(name);
        return [name, held !== undefined && isSameBundle(held, bundle) ? held : bundle];
      }),
    );
    const isSame =
      next.size === before.size && [...next].every(([name, bundle]) => before.get(name) === bundle);
    if (isSame) return;
    this.#federated = next;
    this.#changed();
  }
}
