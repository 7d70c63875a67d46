/* Gives each file named on the command line to a target, once: for compilers without libFuzzer. */
#include "bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int count, char **names)
{
    for (int n = 1; n < count; n++) {
        uint8_t *const bytes = room(1 << 20, 1);
        FILE *const file = fopen(names[n], "rb");
        CHECK(file);
        const size_t size = fread(bytes, 1, 1 << 20, file);
        fclose(file);
        uint8_t *const exact = room(size, 1);
        memcpy(exact, bytes, size);
        LLVMFuzzerTestOneInput(exact, size);
        free(exact);
        free(bytes);
    }
    return 0;
}
