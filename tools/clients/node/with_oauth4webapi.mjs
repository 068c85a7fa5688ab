// oauth4webapi, as its example for OpenID Connect has it.
import { CALLBACK, CLIENT_ID, CLIENT_SECRET, EMAIL, GOODBYE, ISSUER, logOut } from './told.mjs'
import { check, done, finish, refused, version, visit } from './told.mjs'
import * as oauth from 'oauth4webapi'

version('oauth4webapi')
const issuer = new URL(ISSUER)
const as = await oauth
  .discoveryRequest(issuer, { algorithm: 'oidc' })
  .then((response) => oauth.processDiscoveryResponse(issuer, response))
const also = await oauth
  .discoveryRequest(issuer, { algorithm: 'oauth2' })
  .then((response) => oauth.processDiscoveryResponse(issuer, response))
check(JSON.stringify(as) === JSON.stringify(also), 'the two documents differ')
done('discover', 'at both places')

const client = { client_id: CLIENT_ID }
const auth = oauth.ClientSecretBasic(CLIENT_SECRET)
const verifier = oauth.generateRandomCodeVerifier()
const state = oauth.generateRandomState()
const nonce = oauth.generateRandomNonce()
const link = new URL(as.authorization_endpoint)
const asked = {
  client_id: CLIENT_ID,
  redirect_uri: CALLBACK,
  response_type: 'code',
  scope: 'openid email offline_access',
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state,
  nonce,
}
for (const [name, value] of Object.entries(asked)) link.searchParams.set(name, value)
const answer = oauth.validateAuthResponse(as, client, new URL(await visit(link)), state)
const response = await oauth.authorizationCodeGrantRequest(
  as, client, auth, answer, CALLBACK, verifier,
)
const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
  expectedNonce: nonce,
  requireIdToken: true,
})
await oauth.validateApplicationLevelSignature(as, response)
const { sub } = oauth.getValidatedIdTokenClaims(tokens)
done('log in', 'with the signature of the ID token')

const userinfo = async (token) =>
  oauth.processUserInfoResponse(as, client, sub, await oauth.userInfoRequest(as, client, token))
const refresh = async (token) =>
  oauth.processRefreshTokenResponse(
    as, client, await oauth.refreshTokenGrantRequest(as, client, auth, token),
  )

check((await userinfo(tokens.access_token)).email === EMAIL, 'userinfo has another address')
done('userinfo')

const renewed = await refresh(tokens.refresh_token)
check(renewed.refresh_token !== tokens.refresh_token, 'the refresh token stayed the same')
await userinfo(renewed.access_token)
done('refresh')

await oauth.processRevocationResponse(
  await oauth.revocationRequest(as, client, auth, renewed.refresh_token),
)
const error = await refused(() => refresh(renewed.refresh_token), 'a revoked token was refreshed')
check(error.error === 'invalid_grant', `refused with ${error}`)
await refused(() => userinfo(renewed.access_token), 'userinfo took a revoked token')
done('revoke')

const out = new URL(as.end_session_endpoint)
out.searchParams.set('post_logout_redirect_uri', GOODBYE)
out.searchParams.set('id_token_hint', renewed.id_token)
await logOut(out)
done('log out', 'by a link of our own to its end_session_endpoint')
finish()
