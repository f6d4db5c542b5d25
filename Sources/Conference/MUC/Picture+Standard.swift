import Primitives

extension Picture {
    /// Of rooms that have none of their own; drawn by scripts/avatar.py.
    public static let standard = Base64.decode(
        """
        iVBORw0KGgoAAAANSUhEUgAAAIAAAACAAgMAAAC+UIlYAAAADFBMVEUmXIdrj62ww9P19/rzzWT+AAACHklEQVR42u2WvVHD\
        QBCF0WlAgQJFkBC4BJdgQQUOMEWQUIIOaIAAikBNyEMFKsGBC3DgAGZsHch3e/vWPh8zzJAw2siSPkn7897KJydDDDHEv4jb\
        1/j1S2OWsetJY0xXRoDcfMciAox74CMCmF0cv55aYB5PIZbEyALreI6xLCsLbI8CjQW6H6oM1XlW9/1NCNgd1M/i2R/7wBjf\
        lNmTigBt4VbUv5BALvpR2eIRGItyXfEIVFiNcrVhkgTCEEsEEjHWjHBulH1oK6Y8x1anYu4FATwsC6z2gYkFNkcBFowEfA4s\
        OZlDTlWwaJUAMj9CL4dElJl6lUxcjg6lRiVeZ2y9hh7qtbjxaEnPYsVMfEne/gXd48tw77t747zYYSog9YanvVPo8nDXCIPd\
        HFrh/K/W4GwWPH1RT21P7435tP07rV/AmrT8Rn5/9AvxWdhee/37nx1ac3cWNozCcY/BsCQNhbsIDUtKUrBJUjQsvUOBYvJ9\
        Y7G1FrD8NEnW3qlgIVYOKBhYOWALu01zCv2divddQkDDQEdAySteJwaiVLz4MwekCMwd0PI3QGcItIq/DC55XSCwUsb7m4AR\
        AmsA3AU9QWCj+NtCQIXAFgDXH90g0CmWBgFGxCHwIIFrBkYxAJJ8lMAjA0UMgEY9SeCdgTwGLHiaYaBlPYSBOSsqDJSsyTAA\
        qg4CW/BFELC+OJ31cTUTYQ+nwz/PIYb4VXwBhN3MCA6+IkIAAAAASUVORK5CYII=
        """
    ).flatMap { Picture($0) }
}
