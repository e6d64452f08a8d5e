#include "coffer_pkcs11.h"

#include <dlfcn.h>

enum { TAG_BITS = 128, IV_BYTES = 12 };

static CK_BBOOL yes = 1, no = 0;
static CK_ULONG secret_key = CKO_SECRET_KEY, aes = CKK_AES, generic_secret = CKK_GENERIC_SECRET;

CK_FUNCTION_LIST *coffer_pkcs11_load(const char *path, const char **error) {
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!module) {
        *error = dlerror();
        return NULL;
    }
    CK_RV (*list)(CK_FUNCTION_LIST **) = (CK_RV(*)(CK_FUNCTION_LIST **))dlsym(module, "C_GetFunctionList");
    CK_FUNCTION_LIST *functions = NULL;
    if (list && list(&functions) == CKR_OK && functions && functions->version.major >= 2) return functions;
    *error = "it is no PKCS#11 module of version 2 or later";
    dlclose(module);
    return NULL;
}

CK_RV coffer_pkcs11_initialize(const CK_FUNCTION_LIST *functions) {
    CK_C_INITIALIZE_ARGS arguments = {.flags = CKF_OS_LOCKING_OK};
    return functions->C_Initialize(&arguments);
}

CK_RV coffer_pkcs11_find(const CK_FUNCTION_LIST *functions, CK_SESSION_HANDLE session, const void *label, size_t label_count,
                         int only_aes, CK_OBJECT_HANDLE *objects, size_t capacity, size_t *count) {
    CK_ATTRIBUTE wanted[] = {
        {CKA_LABEL, (void *)label, label_count},
        {CKA_CLASS, &secret_key, sizeof secret_key},
        {CKA_KEY_TYPE, &aes, sizeof aes},
    };
    CK_RV result = functions->C_FindObjectsInit(session, wanted, only_aes ? 3 : 1);
    if (result != CKR_OK) return result;
    *count = 0;
    CK_ULONG found = 1;
    // Some tokens hand out one object at a time.
    while (result == CKR_OK && found > 0 && *count < capacity) {
        found = 0;
        result = functions->C_FindObjects(session, objects + *count, capacity - *count, &found);
        if (result == CKR_OK) *count += found;
    }
    CK_RV end = functions->C_FindObjectsFinal(session);
    return result == CKR_OK ? end : result;
}

int coffer_pkcs11_is(const CK_FUNCTION_LIST *functions, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key,
                     CK_ATTRIBUTE_TYPE attribute) {
    CK_BBOOL value = 0;
    CK_ATTRIBUTE asked = {attribute, &value, sizeof value};
    return functions->C_GetAttributeValue(session, key, &asked, 1) == CKR_OK && asked.ulValueLen == sizeof value && value;
}

static CK_RV cipher(CK_CIPHER_INIT begin, CK_CIPHER process, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, void *iv,
                    const void *associated, size_t associated_count, const void *input, size_t input_count, void *output,
                    size_t *output_count) {
    CK_GCM_PARAMS parameters = {
        .pIv = iv, .ulIvLen = IV_BYTES, .ulIvBits = IV_BYTES * 8,
        .pAAD = (CK_BYTE *)associated, .ulAADLen = associated_count, .ulTagBits = TAG_BITS,
    };
    CK_MECHANISM mechanism = {CKM_AES_GCM, &parameters, sizeof parameters};
    CK_RV result = begin(session, &mechanism, key);
    if (result != CKR_OK) return result;
    CK_ULONG count = *output_count;
    result = process(session, (CK_BYTE *)input, input_count, output, &count);
    *output_count = count;
    return result;
}

CK_RV coffer_pkcs11_encrypt(const CK_FUNCTION_LIST *functions, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, void *iv,
                            const void *associated, size_t associated_count, const void *input, size_t input_count,
                            void *output, size_t *output_count) {
    return cipher(functions->C_EncryptInit, functions->C_Encrypt, session, key, iv, associated, associated_count, input,
                  input_count, output, output_count);
}

CK_RV coffer_pkcs11_decrypt(const CK_FUNCTION_LIST *functions, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const void *iv,
                            const void *associated, size_t associated_count, const void *input, size_t input_count,
                            void *output, size_t *output_count) {
    return cipher(functions->C_DecryptInit, functions->C_Decrypt, session, key, (void *)iv, associated, associated_count,
                  input, input_count, output, output_count);
}

CK_RV coffer_pkcs11_wrap(const CK_FUNCTION_LIST *functions, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key,
                         CK_MECHANISM_TYPE mechanism, const void *input, size_t input_count, void *output,
                         size_t *output_count) {
    CK_ATTRIBUTE object[] = {
        {CKA_CLASS, &secret_key, sizeof secret_key}, {CKA_KEY_TYPE, &generic_secret, sizeof generic_secret},
        {CKA_TOKEN, &no, sizeof no},                 {CKA_PRIVATE, &yes, sizeof yes},
        {CKA_EXTRACTABLE, &yes, sizeof yes},         {CKA_VALUE, (void *)input, input_count},
    };
    CK_OBJECT_HANDLE wrapped;
    CK_RV result = functions->C_CreateObject(session, object, sizeof object / sizeof *object, &wrapped);
    if (result != CKR_OK) return result;
    CK_MECHANISM method = {mechanism, NULL, 0};
    CK_ULONG count = *output_count;
    result = functions->C_WrapKey(session, &method, key, wrapped, output, &count);
    *output_count = count;
    CK_RV end = functions->C_DestroyObject(session, wrapped);
    return result == CKR_OK ? end : result;
}

CK_RV coffer_pkcs11_unwrap(const CK_FUNCTION_LIST *functions, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key,
                           CK_MECHANISM_TYPE mechanism, const void *input, size_t input_count, void *output,
                           size_t *output_count) {
    CK_ATTRIBUTE object[] = {
        {CKA_CLASS, &secret_key, sizeof secret_key}, {CKA_KEY_TYPE, &generic_secret, sizeof generic_secret},
        {CKA_TOKEN, &no, sizeof no},                 {CKA_PRIVATE, &yes, sizeof yes},
        {CKA_SENSITIVE, &no, sizeof no},             {CKA_EXTRACTABLE, &yes, sizeof yes},
    };
    CK_MECHANISM method = {mechanism, NULL, 0};
    CK_OBJECT_HANDLE unwrapped;
    CK_RV result = functions->C_UnwrapKey(session, &method, key, (CK_BYTE *)input, input_count, object,
                                          sizeof object / sizeof *object, &unwrapped);
    if (result != CKR_OK) return result;
    CK_ATTRIBUTE value = {CKA_VALUE, output, *output_count};
    result = functions->C_GetAttributeValue(session, unwrapped, &value, 1);
    *output_count = result == CKR_OK ? value.ulValueLen : 0;
    CK_RV end = functions->C_DestroyObject(session, unwrapped);
    return result == CKR_OK ? end : result;
}
