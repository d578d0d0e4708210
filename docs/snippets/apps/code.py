from authlib.integrations.flask_client import OAuth  # Authlib 1.x, in a Flask app

oauth = OAuth(app)
oauth.register("gatehouse", client_id=ID, client_secret=SECRET,
               server_metadata_url=ISSUER + "/.well-known/openid-configuration",
               client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"})

@app.get("/login")
def login():
    return oauth.gatehouse.authorize_redirect("http://localhost:3000/callback")

@app.get("/callback")
def callback():
    tokens = oauth.gatehouse.authorize_access_token()
    who = oauth.gatehouse.userinfo(token=tokens)
    return who["sub"]  # and who["email"]
