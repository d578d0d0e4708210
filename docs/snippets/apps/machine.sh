ISSUER=http://localhost:8080 ID=nightly SCOPE='users:read'

curl -s "$ISSUER/oauth/token" -u "$ID:$CLIENT_SECRET" -d grant_type=client_credentials --data-urlencode "scope=$SCOPE"
