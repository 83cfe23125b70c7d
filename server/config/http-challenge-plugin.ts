/** `NodeAttestor "http_challenge"` of the server. */
import { because, boolean, listOf, parsed, port } from '../../shared/config/kinds.ts';
import { type Block, defaulting, type Kind, optional, type Shape } from '../../shared/config/shape.ts';
import { LinearPattern } from '../../shared/linear-pattern.ts';

export interface HttpChallengeConfig {
  /** Empty: any host. */
  readonly allowedDnsPatterns: readonly LinearPattern[];
  readonly requiredPort: number | undefined;
  readonly allowsNonRootPorts: boolean;
  /** Whether a host is believed once alone, until it is evicted. */
  readonly tofu: boolean;
  readonly allowsLoopback: boolean;
}

const pattern: Kind<LinearPattern> = parsed('pattern', LinearPattern.parse(''), (value) =>
  because('cannot be used', () => LinearPattern.parse(value)),
);

const ROOT_PORTS_END = 1_024; // below, Unix lets only root listen

export const httpChallengeShape: Shape<HttpChallengeConfig> = (block) => {
  const config = {
    allowedDnsPatterns:
      block.field(
        'allowed_dns_patterns',
        optional(
          listOf(pattern),
          'regular expressions (RE2), one of which the host name must match; unset: any host',
        ),
      ) ?? [],
    requiredPort: block.field('required_port', optional(port, 'the one port that agents may answer on')),
    allowsNonRootPorts: block.field(
      'allow_non_root_ports',
      defaulting(boolean, true, {
        doc: 'whether agents may answer on ports that any user may open (1024 and up)',
      }),
    ),
    tofu: block.field(
      'tofu',
      defaulting(boolean, true, {
        doc: 'whether a host is believed once alone, until its agent is evicted; `false` wants ports that are for root',
      }),
    ),
    allowsLoopback: block.field(
      'allow_loopback',
      defaulting(boolean, false, {
        doc: "Writ's own: whether a name may lead to the server's own machine (127.0.0.1)",
      }),
    ),
  };
  check(block, config);
  return config;
};

function check(block: Block, config: HttpChallengeConfig): void {
  const { tofu, requiredPort, allowsNonRootPorts, allowedDnsPatterns } = config;
  const isForAnybody = requiredPort === undefined ? allowsNonRootPorts : requiredPort >= ROOT_PORTS_END;
  if (!tofu && isForAnybody)
    block.fault(
      'you can not turn off trust on first use (TOFU) when non-root ports are allowed: set "required_port" below 1024, or "allow_non_root_ports" to false',
      'tofu',
    );
  for (const { source } of allowedDnsPatterns)
    if (!/^(?:\(\?i\))?(?:\^|\\A)/.test(source) || !/(?:\$|\\z)$/.test(source))
      block.warn(
        `pattern "${source}" of "allowed_dns_patterns" matches any host that has it somewhere in its name: begin it with ^ and end it with $`,
        'allowed_dns_patterns',
      );
}
