ISSUER=http://localhost:8080 ID=web BACK=http://localhost:3000/callback SCOPE='openid profile email'

VERIFIER=$(openssl rand -hex 32)
CHALLENGE=$(printf %s "$VERIFIER" | openssl dgst -sha256 -binary | openssl base64 | tr '+/' '-_' | tr -d '=')
# open this address in a browser:
curl -sG -o /dev/null -w '%{url_effective}\n' "$ISSUER/oauth/authorize" -d response_type=code --data-urlencode "client_id=$ID" \
  --data-urlencode "redirect_uri=$BACK" --data-urlencode "scope=$SCOPE" -d "code_challenge=$CHALLENGE" -d code_challenge_method=S256 -d "state=$(openssl rand -hex 16)"
# type the code of the address where it came back:
read -r CODE
curl -s "$ISSUER/oauth/token" -u "$ID:$CLIENT_SECRET" -d grant_type=authorization_code --data-urlencode "code=$CODE" --data-urlencode "redirect_uri=$BACK" -d "code_verifier=$VERIFIER"
