/** The environment's `ANYWIRE_…`: what it says of which option. */
import { nearestName } from '../protocol/nearest.js'
import { type Named, variableOf } from './option.js'

/** Variables of commands other than `serve`, of the file's name, and of workers. */
const others: ReadonlySet<string> = new Set(['ANYWIRE_CONFIG', 'ANYWIRE_URL', 'ANYWIRE_TOKEN', 'ANYWIRE_WORKER_PORT'])

/**
 * What Kubernetes tells of a service called `anywire`, or `anywire-…`, in every container beside it. One of these is
 * called as our port is.
 */
function isService(name: string, text: string): boolean {
  return /_SERVICE_(HOST|PORT)|_PORT_\d+_(TCP|UDP|SCTP)/.test(name) || /^(tcp|udp|sctp):\/\//.test(text)
}

export interface FromEnvironment {
  /** By the name of the option. */
  readonly texts: ReadonlyMap<string, string>
  readonly problems: readonly string[]
}

/** An empty variable is one that is not there. */
export function readEnvironment(env: NodeJS.ProcessEnv, options: readonly Named[]): FromEnvironment {
  const known = new Map(options.filter(({ option }) => !option.code).map(({ name }) => [variableOf(name), name]))
  const texts = new Map<string, string>()
  const problems: string[] = []
  for (const [variable, given] of Object.entries(env)) {
    if (!variable.startsWith('ANYWIRE_') || !given || others.has(variable) || isService(variable, given)) continue
    const name = known.get(variable)
    if (name === undefined) problems.push(unknownVariable(variable, [...known.keys()]))
    else texts.set(name, given)
  }
  return { texts, problems }
}

function unknownVariable(variable: string, known: readonly string[]): string {
  const bare = (name: string) => name.slice('ANYWIRE_'.length)
  const meant = nearestName(bare(variable), known.map(bare))
  const hint = meant === undefined ? '"anywire config" lists them.' : `did you mean ANYWIRE_${meant}?`
  return `There is no option ${variable.slice(0, 80)} in the environment: ${hint}`
}
