using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests;

/// <summary>What IntelliSense shows: the types of each namespace, their shape, and their doc comments.</summary>
public sealed partial class PublicApiTests
{
    private const string Root = "SessionManager.AspNetCore";

    private static readonly Assembly Core = typeof(ISessionManager).Assembly;

    private static readonly string[] Application =
    [
        "ClearSessionScope", "ISessionDirectory", "ISessionManager", "ISessionManagerBuilder", "LoadMode",
        "RecentAuthenticationRequirement", "SessionAttribute", "SessionAuthenticationEvents", "SessionAuthenticationOptions", "SessionCount",
        "SessionDetails", "SessionEndReason", "SessionEndedContext", "SessionEndedException", "SessionEventContext",
        "SessionInfo", "SessionLimitBehavior", "SessionLimitException", "SessionManagerAuthorizationExtensions",
        "SessionManagerDefaults", "SessionManagerEvents", "SessionManagerOptions", "SessionMode", "SessionPage", "SessionSignInOptions", "SessionSignedInContext", "SessionSigningInContext", "SessionSigningOutContext",
        "SessionStatus", "SessionStoreException", "SessionValidatePrincipalContext", "SessionValueException", "StaleTokenContext", "StoreFailureMode",
    ];

    private static readonly string[] Store =
    [
        "ISessionBulkStore", "ISessionRecordStore", "ISessionStoreConditions", "ISessionStoreListing", "ISessionStoreProbe", "SessionPosition", "SessionTouch",
        "SessionWrite", "SessionWriteResult", "StoreCall", "StoreFault", "StoredSession", "StoredSessionStatus",
    ];

    // The contract of ISessionManager fixes its types: a value that is usually there at once is a ValueTask.
    private static readonly Dictionary<Type, Type[]> AsyncTypes = new()
    {
        [typeof(ISessionManager)] = [typeof(Task), typeof(ValueTask)],
        [typeof(ISessionDirectory)] = [typeof(Task)],
        [typeof(ISessionRecordStore)] = [typeof(ValueTask)],
        [typeof(ISessionStoreProbe)] = [typeof(ValueTask)],
        [typeof(ISessionStoreConditions)] = [typeof(ValueTask)],
        [typeof(ISessionBulkStore)] = [typeof(ValueTask)],
    };

    public static TheoryData<Type> PublicTypes => [.. Exported()];

    [Fact]
    public void The_root_namespace_shows_the_types_of_an_application() => Assert.Equal(Application, NamesIn(Root));

    [Fact]
    public void The_storage_namespace_shows_the_types_of_a_store() => Assert.Equal(Store, NamesIn($"{Root}.Storage"));

    [Fact]
    public void The_other_namespaces_show_extension_classes_alone()
    {
        var others = Exported().Where(type => type.Namespace is not (Root or $"{Root}.Storage")).ToList();

        Assert.NotEmpty(others);
        Assert.All(others, type =>
        {
            Assert.Contains(type.Namespace, (string[])["Microsoft.AspNetCore.Builder", "Microsoft.Extensions.DependencyInjection"]);
            Assert.True(type is { IsAbstract: true, IsSealed: true }, $"{type} is not static.");
            Assert.EndsWith("Extensions", type.Name, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Extension_classes_are_named_by_their_package_and_no_two_packages_share_a_name()
    {
        var classes = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "PublicAPI.*.txt", SearchOption.AllDirectories)
            .SelectMany(file => File.ReadLines(file).Select(line => (Package: Path.GetFileName(Path.GetDirectoryName(file)!), Line: line)))
            .Where(found => ExtensionClassPattern().IsMatch(found.Line))
            .Select(found => (found.Package, Name: found.Line[(found.Line.LastIndexOf('.') + 1)..]))
            .ToList();

        Assert.True(classes.Select(found => found.Package).Distinct(StringComparer.Ordinal).Count() >= 3, "A package has no extension class.");
        Assert.All(classes, found => Assert.StartsWith(
            "SessionManager" + found.Package[Root.Length..].Replace(".", "", StringComparison.Ordinal), found.Name, StringComparison.Ordinal));
        Assert.Equal(classes.Select(found => found.Name).Distinct(StringComparer.Ordinal), classes.Select(found => found.Name));
    }

    [Fact]
    public void Every_async_method_takes_a_token_last_and_returns_what_its_interface_returns()
    {
        foreach (var contract in Exported().Where(type => type.IsInterface))
        {
            foreach (var method in contract.GetMethods().Where(method => IsAwaitable(method.ReturnType)))
            {
                Assert.Contains(Definition(method.ReturnType), AsyncTypes[contract]);
                Assert.EndsWith("Async", method.Name, StringComparison.Ordinal);
                Assert.True(
                    method.GetParameters() is [.., { HasDefaultValue: true } last] && last.ParameterType == typeof(CancellationToken),
                    $"{contract.Name}.{method.Name} takes no token last.");
            }
        }
    }

    [Theory]
    [MemberData(nameof(PublicTypes))]
    public void No_type_has_tuples_positional_parameters_or_a_generation(Type type)
    {
        var members = type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly);

        Assert.DoesNotContain(members, member => string.Equals(member.Name, "Deconstruct", StringComparison.Ordinal));
        Assert.DoesNotContain(members, member => member.Name.Contains("Generation", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(members.OfType<MethodBase>(), method => method.GetParameters().Any(parameter => IsTuple(parameter.ParameterType)));
        Assert.DoesNotContain(members.OfType<MethodInfo>(), method => IsTuple(method.ReturnType));
    }

    [Theory]
    [MemberData(nameof(PublicTypes))]
    public void Every_member_has_doc_comments_for_all_that_a_caller_sees(Type type)
    {
        var docs = Docs();
        var name = type.FullName!.Replace('+', '.');

        Assert.True(IsWritten(docs.GetValueOrDefault($"T:{name}")?.Element("summary")), $"{type} has no summary.");
        foreach (var member in Declared(type))
        {
            var prefix = $"{Kind(member)}:{name}.{(member is ConstructorInfo ? "#ctor" : member.Name)}";
            var parameters = (member as MethodBase)?.GetParameters().Select(parameter => parameter.Name!).ToHashSet(StringComparer.Ordinal) ?? [];
            var found = docs.Where(doc => IsOf(doc.Key, prefix)).Select(doc => doc.Value).ToList();

            Assert.True(found.Exists(doc => Covers(doc, member, parameters)), $"{prefix}({string.Join(", ", parameters)}) is not documented whole.");
        }
    }

    [Fact]
    public void No_sentence_of_a_doc_comment_begins_with_Of() =>
        Assert.All(
            Docs().Where(doc => Exported().Any(type => IsWithin(doc.Key[2..], type.FullName!))),
            doc => Assert.DoesNotMatch(@"(^|[.:;!?]\s+)Of\s", doc.Value.Value.Trim()));

    private static Type[] Exported() => Core.GetExportedTypes();

    private static IEnumerable<string> NamesIn(string space) =>
        Exported().Where(type => string.Equals(type.Namespace, space, StringComparison.Ordinal)).Select(type => type.Name).Order(StringComparer.Ordinal);

    private static Dictionary<string, XElement> Docs() =>
        XDocument.Load(Path.ChangeExtension(Core.Location, ".xml")).Descendants("member").ToDictionary(member => member.Attribute("name")!.Value, StringComparer.Ordinal);

    // What the compiler makes for a record, an event or a property is not written by anybody.
    private static IEnumerable<MemberInfo> Declared(Type type) =>
        type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(member => member is not Type && !member.IsDefined(typeof(CompilerGeneratedAttribute)))
            .Where(member => member is not MethodInfo { IsSpecialName: true } and not FieldInfo { IsSpecialName: true })
            .Where(member => member is not ConstructorInfo constructor || constructor.GetParameters().Length > 0 || IsException(type));

    private static bool IsException(Type type) => type.IsAssignableTo(typeof(Exception));

    private static bool Covers(XElement doc, MemberInfo member, HashSet<string> parameters)
    {
        var inherits = doc.Element("inheritdoc") is not null;
        var written = doc.Elements("param").Where(IsWritten).Select(param => param.Attribute("name")!.Value);
        var returns = member is MethodInfo method && method.ReturnType != typeof(void) && method.ReturnType != typeof(Task);
        return (inherits || IsWritten(doc.Element("summary")))
            && (inherits ? parameters.IsSupersetOf(written) : parameters.SetEquals(written))
            && (inherits || !returns || IsWritten(doc.Element("returns")));
    }

    private static bool IsWritten(XElement? element) => element is not null && (element.HasElements || element.Value.Trim().Length > 0);

    private static bool IsOf(string id, string prefix) =>
        id.StartsWith(prefix, StringComparison.Ordinal) && (id.Length == prefix.Length || id[prefix.Length] is '(' or '`');

    private static bool IsWithin(string id, string type) =>
        id.StartsWith(type, StringComparison.Ordinal) && (id.Length == type.Length || id[type.Length] == '.');

    private static char Kind(MemberInfo member) => member switch
    {
        MethodBase => 'M',
        FieldInfo => 'F',
        EventInfo => 'E',
        _ => 'P',
    };

    private static bool IsTuple(Type type) =>
        type.IsAssignableTo(typeof(ITuple)) || (type.IsGenericType && Array.Exists(type.GetGenericArguments(), IsTuple));

    private static bool IsAwaitable(Type type) => Definition(type) is var definition && (definition == typeof(Task) || definition == typeof(ValueTask));

    private static Type Definition(Type type) => !type.IsGenericType ? type
        : type.GetGenericTypeDefinition() == typeof(Task<>) ? typeof(Task)
        : type.GetGenericTypeDefinition() == typeof(ValueTask<>) ? typeof(ValueTask)
        : type;

    [GeneratedRegex(@"^Microsoft\.[\w.]+Extensions$|^SessionManager\.[\w.]+Extensions$")]
    private static partial Regex ExtensionClassPattern();
}
