#include <openssl/evp.h>

/* Each of these returns 0, or the code of the error. */
unsigned long gatehouse_open(OSSL_LIB_CTX **library);
unsigned long gatehouse_key(OSSL_LIB_CTX *library, int private, const unsigned char *der, size_t size, EVP_PKEY **key);
unsigned long gatehouse_slot(OSSL_LIB_CTX *library, int private, const EVP_PKEY *key, EVP_PKEY_CTX **slot);
unsigned long gatehouse_scheme(EVP_PKEY_CTX *slot, int pss, const char *digest);
unsigned long gatehouse_sign(EVP_PKEY_CTX *slot, const unsigned char *digest, size_t digest_size, unsigned char *signature, size_t size);
unsigned long gatehouse_verify(EVP_PKEY_CTX *slot, const unsigned char *digest, size_t digest_size, const unsigned char *signature, size_t size);
