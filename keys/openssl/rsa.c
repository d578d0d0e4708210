//go:build openssl

#include "rsa.h"
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

/* why takes the last error from the queue, which belongs to the thread: the next call
 * of Go may run on another. */
static unsigned long why(void)
{
	unsigned long code = ERR_peek_last_error();
	ERR_clear_error();
	return code != 0 ? code : ERR_PACK(ERR_LIB_USER, 0, ERR_R_INTERNAL_ERROR);
}

/* gatehouse_open makes a context of our own with the default provider. Neither it nor the
 * context that all of a process shares reads an openssl.cnf, which could name another
 * provider or engine. */
unsigned long gatehouse_open(OSSL_LIB_CTX **library)
{
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL) != 1)
		return why();
	*library = OSSL_LIB_CTX_new();
	if (*library != NULL && OSSL_PROVIDER_load(*library, "default") != NULL)
		return 0;
	OSSL_LIB_CTX_free(*library);
	return why();
}

unsigned long gatehouse_key(OSSL_LIB_CTX *library, int private, const unsigned char *der, size_t size, EVP_PKEY **key)
{
	if (private)
		*key = d2i_AutoPrivateKey_ex(NULL, &der, (long)size, library, NULL);
	else
		*key = d2i_PUBKEY_ex(NULL, &der, (long)size, library, NULL);
	return *key != NULL ? 0 : why();
}

/* gatehouse_slot makes a context with a copy of the key, which signs if the key is private
 * and verifies if not. Blinding locks a private key. */
unsigned long gatehouse_slot(OSSL_LIB_CTX *library, int private, const EVP_PKEY *key, EVP_PKEY_CTX **slot)
{
	EVP_PKEY *own = EVP_PKEY_dup((EVP_PKEY *)key);

	if (own == NULL)
		return why();
	*slot = EVP_PKEY_CTX_new_from_pkey(library, own, NULL);
	EVP_PKEY_free(own); /* the context counts as a holder of its own */
	if (*slot != NULL && (private ? EVP_PKEY_sign_init(*slot) : EVP_PKEY_verify_init(*slot)) == 1)
		return 0;
	EVP_PKEY_CTX_free(*slot);
	return why();
}

unsigned long gatehouse_scheme(EVP_PKEY_CTX *slot, int pss, const char *digest)
{
	char *padding = pss ? OSSL_PKEY_RSA_PAD_MODE_PSS : OSSL_PKEY_RSA_PAD_MODE_PKCSV15;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, (char *)digest, 0),
		OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, padding, 0),
		OSSL_PARAM_END, OSSL_PARAM_END,
	};
	if (pss)
		params[2] = OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST, 0);
	return EVP_PKEY_CTX_set_params(slot, params) == 1 ? 0 : why();
}

unsigned long gatehouse_sign(EVP_PKEY_CTX *slot, const unsigned char *digest, size_t digest_size, unsigned char *signature, size_t size)
{
	size_t written = size;

	if (EVP_PKEY_sign(slot, signature, &written, digest, digest_size) == 1 && written == size)
		return 0;
	return why();
}

unsigned long gatehouse_verify(EVP_PKEY_CTX *slot, const unsigned char *digest, size_t digest_size, const unsigned char *signature, size_t size)
{
	return EVP_PKEY_verify(slot, signature, size, digest, digest_size) == 1 ? 0 : why();
}
