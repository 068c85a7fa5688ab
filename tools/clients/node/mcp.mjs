// What both clients of the MCP SDK for TypeScript do, registered beforehand.
import { API_SCOPE, CALLBACK, CLIENT_ID, ISSUER, RESOURCE, endAccess } from './told.mjs'
import { check, done, finish, visit } from './told.mjs'

const kept = { links: [] }
const provider = {
  redirectUrl: CALLBACK,
  clientMetadata: {
    client_name: 'A program with tools',
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
    scope: `${API_SCOPE} offline_access`,
  },
  state: () => (kept.state = crypto.randomUUID()),
  clientInformation: () => ({ client_id: CLIENT_ID, issuer: ISSUER }),
  tokens: () => kept.tokens,
  saveTokens: (tokens) => void (kept.tokens = tokens),
  redirectToAuthorization: (link) => void kept.links.push(link),
  saveCodeVerifier: (verifier) => void (kept.verifier = verifier),
  codeVerifier: () => kept.verifier,
  saveDiscoveryState: (state) => void (kept.discovered = state),
  invalidateCredentials: (what) => void (what === 'tokens' && (kept.tokens = undefined)),
  discoveryState: () => kept.discovered,
}

/** `arrive` hands what the person came back with to the transport. */
export const drive = async ({ Client, Transport, UnauthorizedError, arrive }) => {
  const sum = async () => {
    const transport = new Transport(new URL(RESOURCE), { authProvider: provider })
    const client = new Client({ name: 'program', version: '1' })
    await client.connect(transport)
    const result = await client.callTool({ name: 'add', arguments: { a: 1, b: 2 } })
    await client.close()
    return result.content[0].text
  }

  const logIn = async () => {
    const transport = new Transport(new URL(RESOURCE), { authProvider: provider })
    try {
      await new Client({ name: 'program', version: '1' }).connect(transport)
      throw new Error('it got in without a login')
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw error
    }
    const arrived = new URL(await visit(kept.links.at(-1)))
    check(arrived.searchParams.get('state') === kept.state, `arrived at ${arrived}`)
    await arrive(transport, arrived.searchParams)
  }

  await logIn()
  done('discover', 'RFC 9728 of the MCP server, RFC 8414 of the provider')
  check((await sum()) === '3', 'the tool cannot add')
  check(kept.tokens.refresh_token, 'no refresh token')
  done('log in', 'with `resource` and `iss`, and a tool was called')

  const before = kept.tokens
  kept.tokens = { ...before, access_token: 'an-old-one' }
  check((await sum()) === '3', 'the tool cannot add')
  check(kept.tokens.refresh_token !== before.refresh_token, 'the refresh token stayed the same')
  check(kept.links.length === 1, 'the person was asked again')
  done('refresh')

  await endAccess()
  kept.tokens = { ...kept.tokens, access_token: 'an-old-one' }
  await logIn()
  check(kept.links.length === 2, 'the person was not asked again')
  done('revoke', 'by the person; it then asks them again')
  finish()
}
