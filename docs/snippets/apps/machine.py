from authlib.integrations.requests_client import OAuth2Session  # Authlib 1.x

job = OAuth2Session(ID, SECRET, scope="users:read", token_endpoint_auth_method="client_secret_basic")
tokens = job.fetch_token(ISSUER + "/oauth/token", grant_type="client_credentials")
